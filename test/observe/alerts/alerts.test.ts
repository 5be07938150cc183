import { describe, expect, test } from "vitest";
import type { PlatformModel } from "../../../config/define/model.ts";
import { platform as real } from "../../../config/platform.ts";
import { parseSettings } from "../../../config/settings/parse.ts";
import { type AlertingRule, type AlertName, ruleGroups } from "../../../infra/observe/alerts/all.ts";
import type { Subject } from "../../../infra/observe/alerts/rule.ts";
import { subjectOf } from "../../../infra/observe/subject.ts";
import { hasPromtool, promtool, withoutPromtool } from "../promtool.ts";
import type { Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";
import { World } from "./world.ts";

const platform: PlatformModel = real;
const backups = JSON.stringify({ schedule: "17 2 * * *" });
/** A tenth of that on a machine that has time. */
const slowly = 120_000;
/** A stack of each target that has all there is. */
const subjects: readonly Subject[] = [
  subjectOf(
    platform,
    parseSettings({ "platform:backups": backups, "platform:observability": JSON.stringify({ dev: true }) }),
    "dev",
  ),
  subjectOf(
    platform,
    parseSettings({
      "platform:target": "kubernetes",
      "platform:publicHost": "shop.example.org",
      "platform:source": "sample",
      "platform:observability": JSON.stringify({
        monitors: "prometheus-operator",
        scraperNamespace: "monitoring",
      }),
      "platform:kubernetes": JSON.stringify({
        namespace: "shop",
        exposure: { type: "ingress", tlsSecret: "shop-tls", className: "nginx" },
      }),
    }),
    "prod",
  ),
];

/** Those of a kind that are told at a time. */
interface Told {
  readonly name: string;
  readonly count: number;
}

/** After how many steps the rules are looked at: seldom where an hour is over before anything happens, since each look costs. */
const stepsOf = ({ interval, after = 20 }: Scenario): number =>
  interval !== undefined ? 1 : after > 20 ? 4 : 2;

function groupOf(subject: Subject, scenario: Scenario, told: readonly Told[]) {
  const { interval = 30, after = 20 } = scenario;
  const steps = stepsOf(scenario);
  // Once more than it takes: what lasts for a moment is told at the second look.
  const at =
    (Math.ceil((after + scenario.within) / steps) + (scenario.interval === undefined ? 1 : 0)) * steps;
  const world = new World(subject);
  scenario.happens(world, subject);
  return {
    interval: `${interval}s`,
    input_series: world.inputs(after, at - after),
    promql_expr_test: [
      {
        expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
        eval_time: `${at * interval}s`,
        exp_samples: told.map(({ name, count }) => ({ labels: `{alertname="${name}"}`, value: count })),
      },
    ],
  };
}

/** The rule of an alert that a scenario is about, and the labels that it is told with. */
function toldOf(
  subject: Subject,
  rules: readonly AlertingRule[],
  name: AlertName,
  labels: Readonly<Record<string, string>> = {},
) {
  const rule = rules.find(
    ({ alert, labels: own }) =>
      alert === name && Object.entries(labels).every(([label, value]) => (own[label] ?? value) === value),
  );
  if (rule === undefined) throw new Error(`${name} has no rule with ${JSON.stringify(labels)}`);
  const all = { ...rule.labels, ...labels };
  // Go's templates as far as annotations use them.
  const written = (text: string) =>
    text.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_all, label: string) => labels[label] ?? "");
  const annotations = Object.fromEntries(
    Object.entries(rule.annotations).map(([key, text]) => [key, written(text)]),
  );
  const namespace = name === "GatewayDown" || name === "MetricsMissing" ? namespaceOf(subject) : {};
  return { exp_labels: { ...namespace, ...all }, exp_annotations: annotations };
}

/** `absent` gives the labels that it was asked for by name. */
const namespaceOf = ({ settings }: Subject) =>
  settings.target === "kubernetes" ? { namespace: "shop" } : {};

const files = (subject: Subject, tests: readonly object[], seconds = 60) => ({
  "rules.json": { groups: ruleGroups(subject) },
  "tests.json": { rule_files: ["rules.json"], evaluation_interval: `${seconds}s`, tests },
});

/** What both targets have is tried on a cluster alone: the rules are the same but for the namespace. */
const onCluster = new Set(
  subjects
    .slice(1)
    .flatMap((subject) => ruleGroups(subject).flatMap(({ rules }) => rules.map(({ alert }) => alert))),
);

describe.each(subjects.map((subject) => [subject.settings.target, subject] as const))(
  "on %s",
  (target, subject) => {
    const rules = ruleGroups(subject).flatMap((group) => group.rules);
    const has = new Set(rules.map(({ alert }) => alert));

    test.skipIf(!hasPromtool)(`the rules are rules${withoutPromtool}`, () => {
      expect(promtool(files(subject, []), "check", "rules", "rules.json")).toBe("");
    });

    test.skipIf(!hasPromtool)(
      `of an hour in which all is well nothing is told${withoutPromtool}`,
      () => {
        const steps = Array.from({ length: 61 }, (_, step) => step);
        const healthy = groupOf(subject, { happens: () => undefined, within: 100 }, []);
        const [first] = healthy.promql_expr_test;
        // Not even for a moment, and nothing waits to be told.
        const tests = steps.map((step) => ({
          ...first,
          expr: "count by (alertname) (ALERTS)",
          eval_time: `${step}m`,
        }));
        expect(
          promtool(files(subject, [{ ...healthy, promql_expr_test: tests }]), "test", "rules", "tests.json"),
        ).toBe("");
      },
      slowly,
    );

    const here = (Object.entries(scenarios) as [AlertName, readonly Scenario[]][]).flatMap(([name, all]) =>
      has.has(name)
        ? all
            .filter(
              ({ on }) =>
                on === target || (on === undefined && !(target === "docker" && onCluster.has(name))),
            )
            .map((scenario, index) => [`${name} ${index + 1}`, name, scenario] as const)
        : [],
    );

    test("for every alert there is a case in which it is told", () => {
      const tried = (name: string) =>
        here.some(([, told]) => told === name) || (target === "docker" && onCluster.has(name));
      expect([...has].filter((name) => !tried(name))).toEqual([]);
    });

    test.skipIf(!hasPromtool).each(here)(
      `%s is told, and nothing else${withoutPromtool}`,
      (_name, name, scenario) => {
        const also = (scenario.also ?? []).map((other) => ({ name: other, count: 1 }));
        const group = groupOf(subject, scenario, [{ name, count: 1 }, ...also]);
        const alert_rule_test = [
          {
            eval_time: group.promql_expr_test[0]?.eval_time,
            alertname: name,
            exp_alerts: [toldOf(subject, rules, name, scenario.labels)],
          },
        ];
        expect(
          promtool(
            files(subject, [{ ...group, alert_rule_test }], stepsOf(scenario) * (scenario.interval ?? 30)),
            "test",
            "rules",
            "tests.json",
          ),
        ).toBe("");
      },
      slowly,
    );
  },
);
