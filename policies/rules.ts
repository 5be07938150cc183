import { boundedContainers, noMachineAccess, storesOnLoopback } from "./docker/containers.ts";
import { noFloatingTags } from "./images.ts";
import { disruptionBudgets } from "./kubernetes/availability.ts";
import { boundedResources, noHostAccess, probed, restrictedContainers } from "./kubernetes/containers.ts";
import { networkPolicyForEveryPod, noPublicMetrics, noPublicStores } from "./kubernetes/network.ts";
import type { GraphResource, Rule, Violation } from "./rule.ts";
import { secretsOnlyAsSecrets } from "./secrets.ts";

/** Every rule of the platform, for both targets. */
export const rules: readonly Rule[] = [
  noHostAccess,
  restrictedContainers,
  boundedResources,
  probed,
  disruptionBudgets,
  networkPolicyForEveryPod,
  noPublicStores,
  noPublicMetrics,
  noMachineAccess,
  boundedContainers,
  storesOnLoopback,
  noFloatingTags,
  secretsOnlyAsSecrets,
];

/** What a graph breaks, one line each: `rule: resource message (fix)`. Empty when it keeps every rule. */
export function brokenRules(
  resources: readonly GraphResource[],
  among: readonly Rule[] = rules,
): readonly string[] {
  return among.flatMap((rule) => rule.check(resources).map((violation) => describe(rule, violation)));
}

/** A violation as people read it. */
export const describe = ({ name }: Rule, { resource, message, fix }: Violation): string =>
  `${name}: ${resource} ${message} (fix: ${fix})`;
