import { alertsBySubject } from "../infra/observe/alerts/all.ts";
import type { Alerts } from "../infra/observe/alerts/rule.ts";

/** Every kind of alert: what it means and what to do. An alert's annotation `runbook` names its heading. */
export function alertList(): string {
  return Object.entries<Alerts>(alertsBySubject)
    .flatMap(([subject, alerts]) => [
      `## ${subject}`,
      "",
      ...Object.entries(alerts).flatMap(([name, { severity, means, steps }]) => [
        `### ${name}`,
        "",
        `*${severity}.* ${means}`,
        "",
        ...steps.map((step, index) => `${index + 1}. ${step}`),
        "",
      ]),
    ])
    .join("\n")
    .trimEnd();
}
