import type { V1Container, V1Pod, V1PodSpec } from "@kubernetes/client-node";
import { logLines } from "../../../core/log-lines.ts";
import { bounded } from "../../../core/names.ts";
import { InputError } from "../../../core/problems.ts";
import { DeploymentError } from "../../operate/parts.ts";
import { escapeExpansion } from "../expansion.ts";
import { restoresAnnotation, stepsAnnotation } from "../labels.ts";
import { type Cluster, ifFound, reasonOf, statusCode } from "./client.ts";
import { cannotStart, explainPods, nameOf, podsOf, problemOf } from "./pods.ts";

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
  /** What it puts a backup in place of: `<store>/<database>`. */
  readonly restores?: string;
  /** Seconds that the job is waited for. */
  readonly timeoutSeconds: number;
  /** Seconds after which it is deleted with its log when it has ended; default: an hour. */
  readonly keptSeconds?: number;
}

/** A pod that cannot start, for want of an image or a Secret, is given this long to get over it, seconds. */
const startGraceSeconds = 60;
/** Finished jobs, with their logs, are deleted after this time, seconds. */
const usuallyKeptSeconds = 3600;

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
        fix: "turn platform:backups on and bring the stack up",
      },
    ]);
  const template = cron.spec?.jobTemplate.spec;
  const spec = structuredClone(template) as NonNullable<typeof template>;
  spec.ttlSecondsAfterFinished = args.keptSeconds ?? usuallyKeptSeconds;
  if (args.steps !== undefined && spec.template.spec !== undefined) {
    spec.template.spec = withSteps(spec.template.spec, args.steps, args.from);
    // What half of it did must not be done again by itself.
    spec.backoffLimit = 0;
  }
  // Two operators may begin within the same second; and a CronJob's name leaves room for no more.
  const unique = (Date.now() % 36 ** 6).toString(36).padStart(6, "0");
  const name = bounded(`${args.from}-${args.purpose}-${unique}`);
  await cluster.batch.createNamespacedJob({
    namespace,
    body: {
      metadata: {
        name,
        ...(cron.metadata?.labels && { labels: cron.metadata.labels }),
        annotations: {
          "cronjob.kubernetes.io/instantiate": "manual",
          ...(args.steps && { [stepsAnnotation]: args.steps.map(({ container }) => container).join(" ") }),
          ...(args.restores !== undefined && { [restoresAnnotation]: args.restores }),
        },
        // It goes with the CronJob, so that a stack that is taken down leaves no pod.
        ownerReferences: [
          { apiVersion: "batch/v1", kind: "CronJob", name: args.from, uid: cron.metadata?.uid ?? "" },
        ],
      },
      spec,
    },
  });
  const end = await ended(cluster, namespace, name, args.timeoutSeconds);
  if (end === "cannot start") {
    const words = await explainPods(cluster, namespace, isOf(name));
    // Left alone it would start hours later, when nobody waits for it.
    await cluster.batch.deleteNamespacedJob({ name, namespace, propagationPolicy: "Background" });
    throw new DeploymentError(
      `job ${name} cannot start; it was deleted, nothing was changed\n${words.join("\n")}`,
    );
  }
  const pods = (await podsOf(cluster, namespace)).filter(isOf(name));
  const log = await logOf(cluster, namespace, pods);
  if (end === "succeeded") return log;
  const said = [
    ...logLines(log),
    // The kubelet's own reasons, such as a volume over its size, stand in no log.
    ...pods.flatMap(({ status }) => (status?.message === undefined ? [] : [status.message])),
  ].filter((text) => text !== "");
  const words = said.length > 0 ? said : await explainPods(cluster, namespace, isOf(name));
  throw new DeploymentError(
    `job ${name} ${end === "timed out" ? `has not ended after ${args.timeoutSeconds} s` : "failed"}\n${words.join("\n")}`,
  );
}

/** How long an API server may say nothing while a job is waited for, milliseconds. */
const silencePatience = 300_000;

/** Whether an API server has understood the question, and says no. */
const isRefusal = (error: unknown): boolean => {
  const code = statusCode(error);
  return code !== undefined && code < 500 && code !== 429;
};

const gone = (name: string, namespace: string, error: unknown): DeploymentError =>
  new DeploymentError(
    statusCode(error) === 404
      ? `job ${name} was deleted before it had ended`
      : `job ${name} cannot be asked for any more (${reasonOf(error)}); it goes on: kubectl get job ${name} --namespace ${namespace}`,
  );

type End = "succeeded" | "failed" | "timed out" | "cannot start";

/** How a job ended; what has not ended within the time, or cannot start, goes on. */
async function ended(
  cluster: Cluster,
  namespace: string,
  name: string,
  timeoutSeconds: number,
): Promise<End> {
  const deadline = Date.now() + timeoutSeconds * 1000;
  let stuckSince: number | undefined;
  let answeredAt = Date.now();
  while (Date.now() < deadline) {
    const job = await cluster.batch.readNamespacedJob({ name, namespace }).catch((error: unknown) => {
      // An API server that is away for a while is no reason to leave what goes on there all the same.
      if (isRefusal(error) || Date.now() - answeredAt > silencePatience) throw gone(name, namespace, error);
      return undefined;
    });
    if (job === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      continue;
    }
    answeredAt = Date.now();
    const { status } = job;
    const has = (wanted: string): boolean =>
      status?.conditions?.some((condition) => condition.type === wanted && condition.status === "True") ??
      false;
    if (has("Complete")) return "succeeded";
    if (has("Failed")) return "failed";
    const pods = await podsOf(cluster, namespace).catch(() => []);
    if (pods.some((pod) => isOf(name)(pod) && cannotStart.test(problemOf(pod)?.reason ?? ""))) {
      stuckSince ??= Date.now();
      if (Date.now() - stuckSince > startGraceSeconds * 1000) return "cannot start";
    } else stuckSince = undefined;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  return "timed out";
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
          fix: "bring the stack up first: ./beat up",
        },
      ]);
    return {
      ...structuredClone(template),
      name: `step-${index + 1}`,
      command: [template.command?.[0] ?? "sh", "-c", escapeExpansion(script)],
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
