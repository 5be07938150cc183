import type { V1Job, V1Pod } from "@kubernetes/client-node";
import { InputError } from "../../config/problems.ts";
import { DeploymentError } from "../targets/target.ts";
import { type Cluster, ifFound } from "./client.ts";
import { componentOf, explainPods, nameOf, podsOf } from "./pods.ts";

/** A job made from a CronJob's template: the same image, Secret, volumes and network policies. */
export interface JobArgs {
  readonly namespace: string;
  /** The CronJob. */
  readonly from: string;
  /** What it is for; part of its name, with the time. */
  readonly purpose: string;
  /** A script for its shell instead of the template's command. */
  readonly script?: string;
  /** Seconds that the job is waited for. */
  readonly timeoutSeconds: number;
}

/** Finished jobs, with their logs, are deleted after this time, seconds. */
const keptSeconds = 3600;

/**
 * Runs a job and waits until it has ended.
 * @returns its log.
 * @throws {InputError} when there is no such CronJob.
 * @throws {DeploymentError} with the last words of its pods when it fails.
 */
export async function runJob(cluster: Cluster, args: JobArgs): Promise<string> {
  const { namespace } = args;
  const cron = await ifFound(cluster.batch.readNamespacedCronJob({ name: args.from, namespace }));
  if (cron === undefined)
    throw new InputError("there is nothing to run", [
      {
        path: `CronJob ${args.from}`,
        message: `is not in namespace ${namespace}`,
        fix: "turn platform:kubernetes.backups on and bring the stack up",
      },
    ]);
  const template = cron.spec?.jobTemplate.spec;
  const spec = structuredClone(template) as NonNullable<typeof template>;
  spec.ttlSecondsAfterFinished = keptSeconds;
  if (args.script !== undefined) {
    const [container] = spec.template.spec?.containers ?? [];
    if (container !== undefined) container.command = ["bash", "-c", args.script];
    // What half of it did must not be done again by itself.
    spec.backoffLimit = 0;
  }
  const name = `${args.from}-${args.purpose}-${Math.floor(Date.now() / 1000).toString(36)}`;
  await cluster.batch.createNamespacedJob({
    namespace,
    body: {
      metadata: {
        name,
        ...(cron.metadata?.labels && { labels: cron.metadata.labels }),
        annotations: { "cronjob.kubernetes.io/instantiate": "manual" },
        // It goes with the CronJob, so that a stack that is taken down leaves no pod.
        ownerReferences: [
          { apiVersion: "batch/v1", kind: "CronJob", name: args.from, uid: cron.metadata?.uid ?? "" },
        ],
      },
      spec,
    },
  });
  const job = await ended(cluster, namespace, name, args.timeoutSeconds);
  const log = await logOf(cluster, namespace, name);
  if (job?.status?.succeeded) return log;
  const words = log.trim() || (await explainPods(cluster, namespace, isOf(name))).join("\n");
  throw new DeploymentError(
    `job ${name} ${job === undefined ? `has not ended after ${args.timeoutSeconds} s` : "failed"}\n${words}`,
  );
}

/** The job once it has succeeded or failed; undefined when it takes longer. */
async function ended(
  { batch }: Cluster,
  namespace: string,
  name: string,
  timeoutSeconds: number,
): Promise<V1Job | undefined> {
  const deadline = Date.now() + timeoutSeconds * 1000;
  while (Date.now() < deadline) {
    const job = await batch.readNamespacedJob({ name, namespace });
    const over = job.status?.conditions?.some(
      ({ type, status }) => status === "True" && (type === "Complete" || type === "Failed"),
    );
    if (over) return job;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  return undefined;
}

async function logOf(cluster: Cluster, namespace: string, job: string): Promise<string> {
  const pods = (await podsOf(cluster, namespace)).filter(isOf(job));
  const logs = await Promise.all(
    pods.map((pod) =>
      cluster.core
        .readNamespacedPodLog({ name: nameOf(pod), namespace })
        .catch(() => `${componentOf(pod)} has not started`),
    ),
  );
  return logs.join("");
}

const isOf =
  (job: string) =>
  ({ metadata }: V1Pod): boolean =>
    metadata?.labels?.["batch.kubernetes.io/job-name"] === job;
