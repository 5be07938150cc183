import * as pulumi from "@pulumi/pulumi";
import type { Workload } from "../../../core/workload.ts";
import type { Secrets } from "../../secrets/component.ts";
import { fingerprintOf } from "../../workloads/fingerprint.ts";
import type { ClusterTarget } from "./cluster.ts";
import { clientService, deployment, type ReplicatedWorkload } from "./deployment.ts";
import { exposeWorkload } from "./exposure.ts";
import { job } from "./job.ts";
import { type StatefulWorkload, statefulSet } from "./stateful-set.ts";

/** What runs of a stack, by host name, and the workload it was made from. */
export type Running = Map<string, { readonly resource: pulumi.Resource; readonly workload: Workload }>;

/** Workloads that belong together in a stack's resource tree. */
export class Workloads extends pulumi.ComponentResource {
  /** The Services that lead to them, by host name. */
  readonly services = new Map<string, ReturnType<typeof exposeWorkload>>();

  /**
   * @param type which part of the platform they are, e.g. `Stores`.
   * @param running what runs already; what is made here is added.
   */
  constructor(
    type: string,
    name: string,
    target: ClusterTarget,
    workloads: readonly Workload[],
    running: Running,
    secrets: Secrets,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super(`beat:kubernetes:${type}`, name, {}, opts);
    for (const workload of workloads) {
      const resource = this.#create(target, workload, running, secrets);
      running.set(workload.host, { resource, workload });
    }
    this.registerOutputs();
  }

  #create(target: ClusterTarget, workload: Workload, running: Running, secrets: Secrets): pulumi.Resource {
    insistOnRenderable(workload);
    const after = workload.dependsOn.map((host) => runningAt(running, host, workload).resource);
    const parts = { secrets, after, annotations: restartAnnotations(target, workload, running) };
    if (isStateful(workload)) return statefulSet(target, workload, parts, this);
    if (!isReplicated(workload)) return job(target, workload, parts, this);
    const made = deployment(target, workload, parts, this);
    // A Service without ports is none: a scraper asks the pods themselves.
    if (workload.endpoints.some(({ scope = "clients" }) => scope === "clients"))
      this.services.set(
        workload.host,
        (workload.role === "gateway" ? exposeWorkload : clientService)(target, workload, this),
      );
    return made;
  }
}

/** What the objects of a cluster cannot say of a workload is an error, and never left out. */
function insistOnRenderable({ name, image, members, volumes }: Workload): void {
  const faults = [
    "program" in image && image.files !== undefined && "files of an image are mounted on a cluster",
    "job" in members && volumes.length > 0 && "what ends by itself has no volumes",
  ].filter((fault) => fault !== false);
  if (faults.length > 0) throw new Error(`${name} cannot run on a cluster: ${faults.join("; ")}`);
}

function runningAt(running: Running, host: string, { name }: Workload) {
  const found = running.get(host);
  if (found === undefined) throw new Error(`${name} needs ${host}, which does not run`);
  return found;
}

const isStateful = (workload: Workload): workload is StatefulWorkload => "stateful" in workload.members;
const isReplicated = (workload: Workload): workload is ReplicatedWorkload => "replicas" in workload.members;

/** Changes with what a pod must be started anew with. */
export const restartAnnotation = "beat-ecoprove.org/restarted-with";

/**
 * Rolls a workload whenever something is started anew that it does not come back from by itself. What is outside the
 * platform is not seen.
 */
function restartAnnotations(
  target: ClusterTarget,
  { restartWith }: Workload,
  running: Running,
): Record<string, string> {
  const causes = restartWith.flatMap((host) => running.get(host)?.workload ?? []);
  return causes.length === 0 ? {} : { [restartAnnotation]: fingerprintOf(causes, target) };
}
