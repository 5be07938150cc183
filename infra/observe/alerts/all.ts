import { onStack } from "../../../core/stack-commands.ts";
import { backupAlerts } from "./backups.ts";
import { certificateAlerts } from "./certificates.ts";
import { containerAlerts } from "./containers.ts";
import { gatewayAlerts } from "./gateway.ts";
import { kafkaAlerts } from "./kafka.ts";
import { mongoAlerts } from "./mongo.ts";
import { postgresAlerts } from "./postgres.ts";
import { redisAlerts } from "./redis.ts";
import { routeAlerts } from "./routes.ts";
import type { Alert, Alerts, Case, Subject } from "./rule.ts";
import { upstreamAlerts } from "./upstreams.ts";
import { volumeAlerts } from "./volumes.ts";

/** Every kind of alert, by what it is about. */
export const alertsBySubject = {
  routes: routeAlerts,
  services: upstreamAlerts,
  gateway: gatewayAlerts,
  kafka: kafkaAlerts,
  postgres: postgresAlerts,
  mongo: mongoAlerts,
  redis: redisAlerts,
  volumes: volumeAlerts,
  backups: backupAlerts,
  certificates: certificateAlerts,
  containers: containerAlerts,
} as const satisfies Readonly<Record<string, Alerts>>;

type NamesOf<T> = T extends Alerts ? keyof T & string : never;
/** The name of a kind of alert. */
export type AlertName = NamesOf<(typeof alertsBySubject)[keyof typeof alertsBySubject]>;

/** A rule as Prometheus reads it. */
export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Rules that are evaluated one after the other. */
export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly AlertingRule[];
}

/** Where a kind of alert is explained. */
export const runbookOf = (name: string): string => `docs/alerts.md#${name.toLowerCase()}`;

/** The alerts of a stack, a group for each subject. */
export function ruleGroups(subject: Subject): RuleGroup[] {
  const { platform, stack } = subject;
  return Object.entries<Alerts>(alertsBySubject).flatMap(([about, alerts]) => {
    const rules = Object.entries(alerts).flatMap(([name, alert]) =>
      alert.cases(subject).map((each) => ruleOf(name, alert, each, subject)),
    );
    return rules.length === 0 ? [] : [{ name: `${platform.name}-${stack}-${about}`, rules }];
  });
}

function ruleOf(
  name: string,
  alert: Alert,
  { expr, for: lasting, labels, summary }: Case,
  subject: Subject,
): AlertingRule {
  const { platform, stack } = subject;
  const named = (text: string): string =>
    labels?.service === undefined ? text : text.replaceAll("<service>", labels.service);
  const steps = alert.steps.map((step, index) => `${index + 1}. ${onStack(named(step), stack)}`);
  return {
    alert: name,
    expr,
    ...(lasting !== undefined && { for: lasting }),
    labels: { ...labels, severity: alert.severity, platform: platform.name, stack },
    annotations: {
      summary: `${summary} (stack ${stack})`,
      description: alert.means,
      action: steps.join("\n"),
      runbook: runbookOf(name),
    },
  };
}
