import type { V1Job, V1Pod } from "@kubernetes/client-node";
import type { BackupPlan } from "../../../config/settings/backups.ts";
import { concerns, hasEnded, type Note, notesIn, stampOf } from "../../operate/backup-notes.ts";
import { reportOf } from "../../operate/backup-report.ts";
import type { PartState } from "../../operate/parts.ts";
import type { BackupSource } from "../../workloads/backup-sources.ts";
import { restoresAnnotation, stepsAnnotation } from "../labels.ts";
import type { Cluster } from "./client.ts";
import { hasFailed, isOf, isOver } from "./other-jobs.ts";
import { componentOf, nameOf, podsOf } from "./pods.ts";

/** A job that has begun, with what its containers have said. */
interface Run {
  readonly job: V1Job;
  readonly notes: readonly Note[];
}

/**
 * What the last backups and drills came to, as the logs of all jobs there are tell: of the schedule, and of `./beat backup`,
 * which may be about one store alone. Each log tells also what was known before, of jobs that are no more.
 * @param plan tells also what is overdue.
 */
export async function backupReports(
  cluster: Cluster,
  namespace: string,
  saved: readonly BackupSource[],
  plan?: BackupPlan,
): Promise<PartState[]> {
  if (saved.length === 0) return [];
  const { items } = await cluster.batch.listNamespacedJob({ namespace });
  const jobs = items.filter((job) => saved.some((source) => isOf(job, source.job)));
  const pods = await podsOf(cluster, namespace);
  const runs = await Promise.all(
    jobs.map(
      async (job): Promise<Run> => ({ job, notes: notesIn(await logOf(cluster, namespace, job, pods)) }),
    ),
  );
  const begun = plan && (await cluster.batch.listNamespacedCronJob({ namespace })).items;
  // A stack that is down.
  if (begun?.length === 0 && pods.length === 0) return [];
  return saved.map((source) => {
    const lines = runs.filter(({ job }) => isOf(job, source.job)).flatMap((run) => linesOf(run, source));
    const since = begun?.find(({ metadata }) => metadata?.name === source.job)?.metadata?.creationTimestamp;
    if (begun !== undefined && since === undefined)
      return {
        name: `backup of ${source.source}`,
        ok: false,
        status: `its CronJob ${source.job} is not there; fix: ./beat up`,
        image: "",
      };
    const { ok, text } = reportOf(lines.join("\n"), plan && since && { plan, since: new Date(since) });
    return { name: `backup of ${source.source}`, ok, status: text, image: "" };
  });
}

/** Pods but for those of backups that have ended: their reports tell what came of it, and one that failed once stays for weeks. */
export function withoutEnded(pods: readonly V1Pod[], saved: readonly BackupSource[]): V1Pod[] {
  const jobs = new Set(saved.map(({ job }) => job));
  const ended = ({ status }: V1Pod) => status?.phase === "Succeeded" || status?.phase === "Failed";
  return pods.filter((pod) => !(jobs.has(componentOf(pod)) && ended(pod)));
}

/** What a run tells of a source, and that it has failed where it does not tell its end. */
function linesOf({ job, notes }: Run, source: BackupSource): string[] {
  const own = notes.filter(concerns(source));
  const lines = own.map(
    ({ what, time, result, of }) => `${what} ${time} ${result} ${what === "backup" ? source.source : of}`,
  );
  const saves = own.filter(({ what, earlier }) => what === "backup" && !earlier);
  if (hasFailed(job) && takesPart(job, source) && !saves.some(hasEnded)) {
    const time = saves.at(-1)?.time ?? stampOf(new Date(job.metadata?.creationTimestamp ?? 0));
    lines.push(`backup ${time} failed ${source.source} job ${job.metadata?.name}`);
  }
  return [...lines, ...restoreLines(job, own, source)];
}

/** What a job of `./beat restore` is about, where that is of a source; it may have told nothing of itself yet. */
function restoreLines(job: V1Job, own: readonly Note[], { store, parts }: BackupSource): string[] {
  const { annotations, name, creationTimestamp } = job.metadata ?? {};
  const of = annotations?.[restoresAnnotation];
  if (of === undefined || !parts.some((part) => of === `${store}/${part}`)) return [];
  const untold = !own.some(({ what }) => what === "restore");
  const note = (what: string) =>
    untold ? [`restore ${stampOf(new Date(creationTimestamp ?? 0))} ${what}`] : [];
  if (!isOver(job)) return [...note(`begun ${of}`), `restoring ${of}`];
  return hasFailed(job) ? note(`unchanged ${of} job ${name}`) : [];
}

/** Whether a job saves a source: one of the schedule, or of `./beat backup`, which may name one store; no list, drill or restore. */
function takesPart({ metadata }: V1Job, { job, component }: BackupSource): boolean {
  if (!new RegExp(`^${job}-(\\d+|now-\\w+)$`).test(metadata?.name ?? "")) return false;
  const steps = metadata?.annotations?.[stepsAnnotation];
  return steps === undefined || steps.split(" ").includes(component);
}

/** What all containers of a job's pods have said; nothing of pods that are gone. */
async function logOf(
  { core }: Cluster,
  namespace: string,
  job: V1Job,
  pods: readonly V1Pod[],
): Promise<string> {
  const own = pods.filter(
    ({ metadata }) => metadata?.labels?.["batch.kubernetes.io/job-name"] === job.metadata?.name,
  );
  const logs = own.flatMap((pod) =>
    [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].map(({ name }) =>
      core.readNamespacedPodLog({ name: nameOf(pod), namespace, container: name }).catch(() => ""),
    ),
  );
  return (await Promise.all(logs)).join("\n");
}
