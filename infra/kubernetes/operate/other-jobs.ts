import type { V1Job } from "@kubernetes/client-node";
import { InputError } from "../../../core/problems.ts";
import type { Restoring } from "../../operate/restoring.ts";
import { uploadContainer } from "../deploy/bucket-pod.ts";
import { restoresAnnotation, stepsAnnotation } from "../labels.ts";
import { type Cluster, type ClusterPlace, statusCode } from "./client.ts";

/** What a restore is about to begin. */
interface Restore {
  readonly namespace: string;
  /** The CronJob that it is made from. */
  readonly from: string;
  /** `<store>/<database>`. */
  readonly restores: string;
  /** Whether the pods of that CronJob share no lock, as where each has a spool of its own for a bucket. */
  readonly whole: boolean;
}

/**
 * Refuses a restore while another of the same database is under way, e.g. one that was left by Ctrl-C; and where pods share no lock,
 * while anything else is at work on that store.
 * @throws {InputError} then; nothing was done.
 */
export async function requireNoOther(
  cluster: Cluster,
  { namespace, from, restores, whole }: Restore,
): Promise<void> {
  const other = await otherJob({ cluster, namespace }, from, whole ? undefined : restores);
  if (other === undefined) return;
  const { name, creationTimestamp } = other.metadata ?? {};
  const since =
    creationTimestamp === undefined
      ? ""
      : ` since ${new Date(creationTimestamp).toISOString().slice(0, 19)}Z`;
  throw new InputError("nothing was done", [
    {
      path: `job ${name}`,
      message: `${of(other) === undefined ? "a backup or a drill" : `a restore of ${of(other)}`} is under way${since}`,
      fix: `wait until it has ended: ./beat status; or end it: kubectl delete job ${name} --namespace ${namespace}`,
    },
  ]);
}

/** A job of a CronJob that is under way, but for lists. @param restores only one that restores that. */
export async function otherJob(
  { cluster, namespace }: ClusterPlace,
  from: string,
  restores?: string,
): Promise<V1Job | undefined> {
  const { items } = await cluster.batch.listNamespacedJob({ namespace });
  return items.find(
    (job) => isOf(job, from) && !isOver(job) && (restores === undefined ? writes(job) : of(job) === restores),
  );
}

/** The restores that are under way in a namespace; none where nobody may look. */
export async function restoringIn({ batch }: Cluster, namespace: string): Promise<Restoring[]> {
  const { items } = await batch.listNamespacedJob({ namespace }).catch((error: unknown) => {
    if (statusCode(error) === 403) return { items: [] };
    throw error;
  });
  return items.flatMap((job) => {
    const restores = of(job);
    const end = `kubectl delete job ${job.metadata?.name} --namespace ${namespace}`;
    return restores === undefined || isOver(job) ? [] : [{ of: restores, end }];
  });
}

const of = ({ metadata }: V1Job): string | undefined => metadata?.annotations?.[restoresAnnotation];

/** Whether a job was made from a CronJob, by its schedule or by a command. */
export const isOf = ({ metadata }: V1Job, from: string): boolean =>
  metadata?.ownerReferences?.some(({ kind, name }) => kind === "CronJob" && name === from) ?? false;

/** Whether a job does more than list what a bucket has. */
const writes = ({ metadata }: V1Job): boolean => metadata?.annotations?.[stepsAnnotation] !== uploadContainer;

const ended =
  (types: RegExp) =>
  ({ status }: V1Job): boolean =>
    status?.conditions?.some((condition) => types.test(condition.type) && condition.status === "True") ??
    false;

/** Whether a job has failed for good. */
export const hasFailed = ended(/^Failed$/);

/** Whether a job has ended, in whatever way. */
export const isOver = ended(/^(Complete|Failed)$/);
