import type { KubernetesSettings } from "../../../config/settings/schema.ts";
import { administratorSecret } from "../../../core/names.ts";
import { kindsWithLogin } from "../../../stores/index.ts";
import { type Check, failed, passed } from "../../operate/check.ts";
import type { StackState } from "../../operate/stack-state.ts";
import { holdsBackups } from "../../workloads/backup-sources.ts";
import { isStacks, type Remains } from "./namespace.ts";

/** What a stack has in its state that was never brought up. */
const beginnings = /^pulumi:(pulumi:Stack|providers:.*)$/;

/**
 * Whether the namespace has claims of a stack whose state is empty: the passwords that open what is in them went with it, and new ones
 * would open nothing.
 */
export async function checkLost(
  remains: Remains,
  settings: KubernetesSettings,
  stack: string,
  { resources }: StackState,
): Promise<Check> {
  const known = passed("state", "it knows what the namespace holds");
  if (resources.some(({ type }) => !beginnings.test(type)) || !(await isStacks(remains))) return known;
  if (kindsWithLogin.every((kind) => settings.secrets[administratorSecret(kind)] !== undefined)) return known;
  const { cluster, namespace } = remains;
  const { items } = await cluster.core.listNamespacedPersistentVolumeClaim({ namespace });
  const claims = items.flatMap(({ metadata }) => metadata?.name ?? []).filter((name) => !holdsBackups(name));
  if (claims.length === 0) return known;
  return failed("state", {
    path: `namespace ${namespace}`,
    message: `an earlier run left the claims ${claims.sort().join(", ")}, which the stack's state does not know, and the passwords to what is in them went with it`,
    fix: `restore the state that made them (PULUMI_BACKEND_URL names where it is looked for), or delete them with their data, but for backups: ./beat down --volumes --stack ${stack}`,
  });
}
