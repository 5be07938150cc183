import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { addressesOf } from "../../../config/addresses.ts";
import type { Workload } from "../../../core/workload.ts";
import { resolveEnvironment } from "../../derived/environment.ts";
import type { Secrets } from "../../secrets/component.ts";
import { referenceOf } from "../../workloads/image-reference.ts";
import { managedContainer } from "./managed-container.ts";
import type { DockerTarget } from "./target.ts";

/** Containers that belong together in a stack's resource tree. */
export class Containers extends pulumi.ComponentResource {
  /**
   * @param type which part of the platform they are, e.g. `Stores`.
   * @param started what runs already, by host name; the containers made here are added.
   */
  constructor(
    type: string,
    name: string,
    target: DockerTarget,
    workloads: readonly Workload[],
    started: Map<string, docker.Container>,
    secrets: Secrets,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super(`beat:docker:${type}`, name, {}, opts);
    for (const workload of workloads) runWorkload(target, workload, started, secrets, this);
    this.registerOutputs();
  }
}

/** A workload as a container, started once what it needs is ready. @throws when that is not there. */
export function runWorkload(
  target: DockerTarget,
  workload: Workload,
  started: Map<string, docker.Container>,
  secrets: Secrets,
  parent: pulumi.Resource,
): void {
  const addresses = addressesOf(target.platform, target.settings);
  const resolve = (values: Workload["env"]) =>
    resolveEnvironment(values, addresses, (secret) => secrets.get(secret));
  const running = (hosts: readonly string[]): docker.Container[] =>
    hosts.map((host) => {
      const container = started.get(host);
      if (container === undefined) throw new Error(`${workload.name} needs ${host}, which does not run`);
      return container;
    });
  const container = managedContainer(
    target,
    workload,
    {
      image: imageOf(target, workload),
      env: resolve(workload.env),
      uploads: workload.files.flatMap(({ directory, files }) =>
        Object.entries(resolve(files)).map(([file, content]) => ({
          file: `${directory}/${file}`,
          content,
        })),
      ),
      volumes: workload.volumes.map((volume) => ({
        volume: target.volumes.of(volume, parent).name,
        path: volume.path,
      })),
    },
    {
      parent,
      dependsOn: running(workload.dependsOn),
      ...(workload.restartWith.length > 0 && { replaceWith: running(workload.restartWith) }),
    },
  );
  started.set(workload.host, container);
}

function imageOf(target: DockerTarget, { image }: Workload): pulumi.Input<string> {
  if ("program" in image) return target.ownImage(image.program, image.files ?? {});
  return target.images(referenceOf(image, target.settings.images));
}
