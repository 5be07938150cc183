import type { V1Pod } from "@kubernetes/client-node";
import { execa } from "execa";
import { backupNotes, backupsOf } from "../../config/settings/backups.ts";
import { frontNotes } from "../../config/settings/front.ts";
import { observabilityNotes } from "../../config/settings/observability-notes.ts";
import type { KubernetesSettings } from "../../config/settings/schema.ts";
import { InputError } from "../../core/problems.ts";
import type { Workload } from "../../core/workload.ts";
import { checkEngine } from "../../infra/docker/operate/checks.ts";
import { memberHostIn } from "../../infra/kubernetes/deploy/names.ts";
import { labelsOf, namespaceOf } from "../../infra/kubernetes/labels.ts";
import { backupReports, withoutEnded } from "../../infra/kubernetes/operate/backup-reports.ts";
import { ClusterBackups } from "../../infra/kubernetes/operate/backups.ts";
import {
  boundIdentity,
  checkBinding,
  checkCluster,
  checkExtensions,
  checkPending,
  checkStorageClass,
  clusterIdentity,
  withIdentity,
} from "../../infra/kubernetes/operate/checks.ts";
import { checkClaimSizes, sizedClaims } from "../../infra/kubernetes/operate/claim-sizes.ts";
import {
  type Cluster,
  type ClusterPlace,
  openCluster,
  reasonOf,
} from "../../infra/kubernetes/operate/client.ts";
import { checkDns } from "../../infra/kubernetes/operate/dns-check.ts";
import { removeFailedJobs } from "../../infra/kubernetes/operate/failed-jobs.ts";
import { provideImages } from "../../infra/kubernetes/operate/images.ts";
import { ClusterInside } from "../../infra/kubernetes/operate/inside.ts";
import { keepBackups } from "../../infra/kubernetes/operate/kept-backups.ts";
import { ClusterLogs } from "../../infra/kubernetes/operate/logs.ts";
import { checkLost } from "../../infra/kubernetes/operate/lost-state.ts";
import {
  isStacks,
  keptLines,
  type Remains,
  removeEmptyNamespace,
  removeNamespace,
} from "../../infra/kubernetes/operate/namespace.ts";
import { restoringIn } from "../../infra/kubernetes/operate/other-jobs.ts";
import { componentOf, explainPods, partOf, podsOf, problemOf } from "../../infra/kubernetes/operate/pods.ts";
import { replaceStuckPods } from "../../infra/kubernetes/operate/stuck-pods.ts";
import { ClusterUsage } from "../../infra/kubernetes/operate/usage.ts";
import { volumePart, volumeUse } from "../../infra/kubernetes/operate/volumes.ts";
import type { BackupOperations } from "../../infra/operate/backups.ts";
import { type Check, failed, note } from "../../infra/operate/check.ts";
import { namespaceGoes } from "../../infra/operate/deleted-claims.ts";
import type { Inside } from "../../infra/operate/inside.ts";
import { missingParts, type PartState } from "../../infra/operate/parts.ts";
import type { Restoring } from "../../infra/operate/restoring.ts";
import type { StackState } from "../../infra/operate/stack-state.ts";
import { type BackupSource, backupSources } from "../../infra/workloads/backup-sources.ts";
import { workloadsOf } from "../../infra/workloads/plan.ts";
import { say } from "../output.ts";
import { stateOf } from "../workspace.ts";
import { fullVolumesIn, untilAnswering } from "./cluster-answers.ts";
import { mendOf, type Target, type TargetArgs } from "./target.ts";

/** A Kubernetes cluster. */
export class KubernetesTarget implements Target {
  readonly kind = "kubernetes";
  readonly plugin = "kubernetes";
  readonly namespace: string;
  readonly #args: TargetArgs<KubernetesSettings>;
  #cluster: Cluster | undefined;
  #adopted = false;
  /** Volumes of backups that outlive what is taken down. */
  #kept: readonly string[] = [];

  constructor(args: TargetArgs<KubernetesSettings>) {
    this.#args = args;
    this.namespace = namespaceOf(args.platform, args.settings, args.name);
  }

  /** @throws {InputError} when the kubeconfig names none. */
  get cluster(): Cluster {
    this.#cluster ??= openCluster(this.#args.settings.kubernetes);
    return this.#cluster;
  }

  place(): ClusterPlace {
    return { cluster: this.cluster, namespace: this.namespace };
  }

  async reach(known?: StackState): Promise<Check[]> {
    let reached: Check;
    try {
      reached = await checkCluster(this.cluster);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return error.problems.map((problem) => failed("cluster", problem));
    }
    if (!reached.ok || this.#adopted) return [reached];
    return [reached, await checkBinding(this.cluster, this.#args.name, known ?? (await this.#state()))];
  }

  async checks(state: StackState): Promise<Check[]> {
    const { platform, settings, name } = this.#args;
    const [storage, sizes, extensions, dns] = await Promise.all([
      checkStorageClass(this.cluster, settings.kubernetes.storageClass),
      this.#checkSizes(),
      checkExtensions(this.cluster, settings),
      checkDns(this.cluster, settings.kubernetes.dns),
    ]);
    return [
      storage,
      sizes,
      ...extensions,
      ...dns,
      ...[...frontNotes(settings), ...backupNotes(settings, platform), ...observabilityNotes(settings)].map(
        ({ name, text }) => note(name, text),
      ),
      checkPending(state, name),
      await checkLost(this.#remains(), settings, name, state),
    ];
  }

  async #checkSizes(): Promise<Check> {
    const { platform, settings, name, transform } = this.#args;
    return checkClaimSizes(this.place(), name, sizedClaims(platform, settings, this.namespace, transform));
  }

  /** Writes this cluster into the state, where it remembers another one. */
  async adopt(state: StackState): Promise<void> {
    const bound = boundIdentity(state);
    const reached = await checkCluster(this.cluster);
    if (bound === undefined || !reached.ok) return;
    const uid = await clusterIdentity(this.cluster);
    if (uid === undefined || uid === bound.uid) return;
    const { pulumiCommand, workDir, envVars } = this.#args.stack.workspace;
    const options = { cwd: workDir, env: { ...envVars } };
    const stack = ["--stack", this.#args.name];
    // Not by the Automation API, whose export has the secrets in the clear. `state delete` refuses, since others depend on it.
    const { stdout } = await execa(pulumiCommand.command, ["stack", "export", ...stack], options);
    const input = withIdentity(stdout, bound.urn, uid);
    await execa(pulumiCommand.command, ["stack", "import", ...stack], { ...options, input });
    this.#adopted = true;
    say(`  ✔ ${this.#args.name} belongs to ${this.cluster.server} from now on`);
  }

  async beforeChecks(): Promise<void> {}

  async afterChecks(): Promise<void> {
    const { engine, address } = this.#args;
    const { ok: hasEngine } = await checkEngine(engine, address);
    await provideImages(this.#args, this.cluster, hasEngine, say);
    await removeFailedJobs(this.cluster, this.namespace, say);
  }

  async settled(): Promise<undefined> {}

  assist(): () => void {
    return replaceStuckPods(this.cluster, this.namespace, say);
  }

  async lastWords(resource: string): Promise<string | undefined> {
    const pods = await podsOf(this.cluster, this.namespace);
    const problem = pods
      .filter((pod) => componentOf(pod) === resource)
      .map(problemOf)
      .find(Boolean);
    return problem && [problem.reason, problem.message].filter(Boolean).join(": ");
  }

  untilAnswering(urls: Readonly<Record<string, string>>, ended?: AbortSignal): Promise<void> {
    return untilAnswering(this.place(), urls, ended);
  }

  async parts(state: StackState): Promise<PartState[]> {
    const { settings } = this.#args;
    const saved = this.#saved();
    const pods = await podsOf(this.cluster, this.namespace);
    const volumes = await volumeUse(this.cluster, this.namespace, pods);
    const wanted = this.planned();
    return [
      ...withoutEnded(pods, saved).map(partOf),
      ...missingParts({
        wanted,
        present: pods.map(componentOf),
        state,
        mend: mendOf(this.#args, "./beat up"),
      }),
      ...volumes.map(volumePart),
      ...(await backupReports(this.cluster, this.namespace, saved, backupsOf(settings))),
    ];
  }

  async explain(): Promise<string[]> {
    // Backups run on a schedule of their own: a failed one is not why `up` failed.
    const jobs = new Set(this.#saved().map(({ job }) => job));
    const concerns = (pod: V1Pod) => !jobs.has(componentOf(pod));
    try {
      return [
        ...(await explainPods(this.cluster, this.namespace, concerns)),
        ...(await fullVolumesIn(this.place())),
      ];
    } catch (error) {
      return [`the pods cannot be asked: ${reasonOf(error)}`];
    }
  }

  inside(): Inside {
    const { settings, platform } = this.#args;
    return new ClusterInside(this.cluster, this.namespace, settings, platform.gateway.port);
  }

  restoring(): Promise<Restoring[]> {
    return restoringIn(this.cluster, this.namespace);
  }

  async backups(): Promise<BackupOperations> {
    return new ClusterBackups({ ...this.#args, target: this });
  }

  #saved(): BackupSource[] {
    return backupSources(this.#args.platform, this.#args.settings, memberHostIn(this.namespace));
  }

  logs(): ClusterLogs {
    return new ClusterLogs(this.cluster, this.namespace);
  }

  usage(): ClusterUsage {
    return new ClusterUsage(this.cluster, this.namespace);
  }

  planned(): Workload[] {
    const { platform, settings, transform } = this.#args;
    const memberHost = memberHostIn(this.namespace);
    return workloadsOf(platform, { kind: "cluster", settings, id: this.namespace, memberHost }, transform);
  }

  /** Without its state nobody can take it down but with its namespace. */
  hasRemains(): Promise<boolean> {
    return isStacks(this.#remains());
  }

  #remains(): Remains {
    const { platform, name } = this.#args;
    const instance = labelsOf({ platform, stack: name }, "")["app.kubernetes.io/instance"];
    return { cluster: this.cluster, namespace: this.namespace, instance };
  }

  async beforeDown(): Promise<void> {
    const { pending, resources } = await this.#state();
    if (pending.length > 0) await this.#args.stack.refresh({ clearPendingCreates: true, color: "never" });
    // As the state of an earlier version may have it.
    if (namespaceGoes(resources)) this.#kept = await keepBackups(this.cluster, this.namespace);
  }

  async afterDown(volumes: boolean): Promise<void> {
    const { settings } = this.#args;
    const remains = this.#remains();
    keptLines(this.#kept).forEach(say);
    if (volumes) (await removeNamespace(remains)).forEach(say);
    else if (settings.kubernetes.volumes === "delete") (await removeEmptyNamespace(remains)).forEach(say);
  }

  #state(): Promise<StackState> {
    return stateOf(this.#args.stack.workspace, this.#args.name);
  }
}
