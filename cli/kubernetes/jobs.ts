import type { V1Container, V1Job, V1Pod, V1PodSpec } from "@kubernetes/client-node";
import { InputError } from "../../config/problems.ts";
import { DeploymentError } from "../targets/target.ts";
import { type Cluster, ifFound } from "./client.ts";
import { explainPods, nameOf, podsOf } from "./pods.ts";

/** A script that runs in a copy of one of a template's containers: its image, environment and volumes. */
export interface JobStep {
  /** Name of the container; its command tells the shell. */
  readonly container: string;
  readonly script: string;
}

/** A job made from a CronJob's template: the same image, Secret, volumes and network policies. */
export interface JobArgs {
  readonly namespace: string;
  /** The CronJob. */
  readonly from: string;
  /** What it is for; part of its name, with the time. */
  readonly purpose: string;
  /** What it does instead of the template, one after the other. */
  readonly steps?: readonly JobStep[];
  /** Seconds that the job is waited for. */
  readonly timeoutSeconds: number;
}

/** Finished jobs, with their logs, are deleted after this time, seconds. */
const keptSeconds = 3600;

/**
 * Runs a job and waits until it has ended.
 * @returns its log.
 * @throws {InputError} when there is no such CronJob, or it has no such container.
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
  if (args.steps !== undefined && spec.template.spec !== undefined) {
    spec.template.spec = withSteps(spec.template.spec, args.steps, args.from);
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
  const pods = (await podsOf(cluster, namespace)).filter(isOf(name));
  const log = await logOf(cluster, namespace, pods);
  if (job?.status?.succeeded) return log;
  const said = [
    log.trim(),
    // The kubelet's own reasons, such as a volume over its size, stand in no log.
    ...pods.flatMap(({ status }) => (status?.message === undefined ? [] : [status.message])),
  ].filter((text) => text !== "");
  const words = said.length > 0 ? said : await explainPods(cluster, namespace, isOf(name));
  throw new DeploymentError(
    `job ${name} ${job === undefined ? `has not ended after ${args.timeoutSeconds} s` : "failed"}\n${words.join("\n")}`,
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

/** A pod whose containers are the steps: all but the last one must have ended well before the next begins. */
export function withSteps(pod: V1PodSpec, steps: readonly JobStep[], from: string): V1PodSpec {
  const known = [...(pod.initContainers ?? []), ...pod.containers];
  const containers = steps.map(({ container, script }, index): V1Container => {
    const template = known.find(({ name }) => name === container);
    if (template === undefined)
      throw new InputError("nothing was done", [
        {
          path: `CronJob ${from}`,
          message: `has no container "${container}": the stack was brought up with other settings than it has now`,
          fix: "./beat up first",
        },
      ]);
    return {
      ...structuredClone(template),
      name: `step-${index + 1}`,
      command: [template.command?.[0] ?? "sh", "-c", script],
    };
  });
  const { initContainers: _, ...rest } = pod;
  const before = containers.slice(0, -1);
  return {
    ...rest,
    ...(before.length > 0 && { initContainers: before }),
    containers: containers.slice(-1),
  };
}

/** What all containers said, in the order in which they ran. */
async function logOf({ core }: Cluster, namespace: string, pods: readonly V1Pod[]): Promise<string> {
  const logs: string[] = [];
  for (const pod of pods)
    for (const { name } of [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])])
      logs.push(
        await core
          .readNamespacedPodLog({ name: nameOf(pod), namespace, container: name })
          // One that never started has none.
          .catch(() => ""),
      );
  return logs.join("");
}

const isOf =
  (job: string) =>
  ({ metadata }: V1Pod): boolean =>
    metadata?.labels?.["batch.kubernetes.io/job-name"] === job;
