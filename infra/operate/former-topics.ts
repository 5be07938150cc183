import { z } from "zod";
import type { PlatformModel } from "../../config/define/model.ts";
import { provisionerOf } from "../../core/names.ts";
import type { Problem } from "../../core/problems.ts";
import type { StateResource } from "./stack-state.ts";

/** What is read of a plan that an earlier version may have written. */
const formerPlan = z.object({
  kind: z.literal("kafka"),
  topics: z.array(z.object({ name: z.string(), partitions: z.number() })),
});

/**
 * Topics that have more partitions, by the plan that the last run carried out, than the definition gives them now. Kafka takes none
 * away, which its provisioner would find out in the middle of a run.
 */
export function fewerPartitions(platform: PlatformModel, state: readonly StateResource[]): Problem[] {
  const before = new Map((kafkaPlanIn(state)?.topics ?? []).map((topic) => [topic.name, topic.partitions]));
  return Object.entries(platform.topics).flatMap(([name, { partitions }]): Problem[] => {
    const there = before.get(name) ?? 0;
    if (there <= partitions) return [];
    return [
      {
        path: `topics.${name}.partitions`,
        message: `${partitions}, and the topic has ${there}: Kafka takes none away`,
        fix: `declare ${there}; or declare a topic of another name, and let those who write and read it change over`,
      },
    ];
  });
}

/** What the provisioner of Kafka has carried out, on whichever target: not what a run gave it that failed before it had ended. */
function kafkaPlanIn(state: readonly StateResource[]) {
  const own = state.filter(({ urn }) => urn.endsWith(`::${provisionerOf("kafka")}`));
  const done = mapsOfDoneJobs(own);
  for (const resource of own) {
    const { type, outputs = {}, inputs = {}, initErrors = [] } = resource;
    const text =
      type === "kubernetes:core/v1:ConfigMap"
        ? done.includes(nameOf(outputs)) && planOf(outputs.data ?? inputs.data)
        : type === "docker:index/container:Container" && resource.delete !== true && initErrors.length === 0
          ? uploadOf(outputs.uploads ?? inputs.uploads)
          : undefined;
    const plan = formerPlan.safeParse(parsed(text));
    if (plan.success) return plan.data;
  }
  return undefined;
}

/** What is read of a ConfigMap and a Job. */
interface Kept {
  readonly metadata?: { readonly name?: string };
  readonly spec?: {
    readonly template?: {
      readonly spec?: { readonly volumes?: readonly { readonly configMap?: { readonly name?: string } }[] };
    };
  };
  readonly status?: { readonly succeeded?: number; readonly completionTime?: string };
}

const nameOf = (outputs: Kept): string | undefined => outputs.metadata?.name;

/** The ConfigMaps of the job that succeeded last; one that was replaced has, until another does. */
function mapsOfDoneJobs(own: readonly StateResource[]): readonly (string | undefined)[] {
  const [last] = own
    .filter(({ type }) => type === "kubernetes:batch/v1:Job")
    .map(({ outputs = {} }) => outputs as Kept)
    .filter(({ status }) => (status?.succeeded ?? 0) > 0)
    .sort((a, b) => ((a.status?.completionTime ?? "") < (b.status?.completionTime ?? "") ? 1 : -1));
  return (last?.spec?.template?.spec?.volumes ?? []).flatMap(({ configMap }) => configMap?.name ?? []);
}

const planOf = (data: unknown): unknown =>
  (data as Readonly<Record<string, unknown>> | undefined)?.["plan.json"];

const uploadOf = (uploads: unknown): unknown =>
  Array.isArray(uploads)
    ? (uploads as readonly { readonly file?: unknown; readonly content?: unknown }[]).find(({ file }) =>
        String(file).endsWith("/plan.json"),
      )?.content
    : undefined;

function parsed(text: unknown): unknown {
  try {
    return typeof text === "string" ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}
