import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { PlatformModel } from "../../../config/define/model.ts";
import { platform as real } from "../../../config/platform.ts";
import { parseSettings } from "../../../config/settings/parse.ts";
import { ruleGroups } from "../../../infra/observe/alerts/all.ts";
import { longestPause } from "../../../infra/observe/alerts/backups.ts";
import { subjectOf } from "../../../infra/observe/subject.ts";
import { unknownIn } from "../expressions.ts";

const platform: PlatformModel = real;
const of = (settings: Readonly<Record<string, string>>, model: PlatformModel = platform) =>
  ruleGroups(subjectOf(model, parseSettings(settings), "dev")).flatMap(({ rules }) => rules);
const cluster = {
  "platform:target": "kubernetes",
  "platform:source": "sample",
  "platform:publicHost": "shop.example.org",
  "platform:kubernetes": JSON.stringify({
    exposure: { type: "ingress", tlsSecret: "shop-tls", className: "nginx" },
  }),
};
const all = [...of({ "platform:backups": "{}", "platform:observability": '{"dev":true}' }), ...of(cluster)];

test("every metric and label of an expression is one that somebody tells", () => {
  expect(all.length).toBeGreaterThan(150);
  expect(all.flatMap(({ alert, expr }) => unknownIn(expr).map((name) => `${alert}: ${name}`))).toEqual([]);
});

test("one that is misspelt is found, wherever it stands", () => {
  expect(unknownIn('sum by (rout) (rate(gateway_requests_total{route="a"}[5m])) > 1')).toEqual(["rout"]);
  expect(unknownIn('gateway_requests_totl{route="a"}')).toEqual(["gateway_requests_totl"]);
  expect(unknownIn('gateway_requests_total{rout="a"}')).toEqual(["gateway_requests_total{rout}"]);
  expect(unknownIn("max(pg_upp) == 0")).toEqual(["pg_upp"]);
  expect(unknownIn("gateway_upstream_seconds > 1")).toEqual(["gateway_upstream_seconds"]);
});

test("a budget that a route states is what its alerts go by, and another one is the default", () => {
  const [service] = Object.values(platform.services);
  if (service === undefined) throw new Error("no service");
  const [route] = service.routes;
  const strict = {
    ...platform,
    services: {
      ...platform.services,
      [service.name]: { ...service, routes: [{ ...route, budget: { errors: 0.001, p99Ms: 250 } }] },
    },
  } as PlatformModel;
  const burn = (model: PlatformModel, name: string) =>
    of({}, model).find(({ alert, labels }) => alert === name && labels.service === service.name);
  expect(burn(strict, "RouteErrorsBurnFast")?.expr).toContain("> 0.0144 ");
  expect(burn(platform, "RouteErrorsBurnFast")?.expr).toContain("> 0.144 ");
  expect(burn(strict, "RouteSlow")?.expr).toContain('le="0.25"');
  expect(burn(platform, "RouteSlow")?.expr).toContain('le=~"1(\\\\.0)?"');
});

test("a stack has alerts of what it has, and no others", () => {
  const names = (settings: Readonly<Record<string, string>>) =>
    new Set(of(settings).map(({ alert }) => alert));
  const engine = names({});
  for (const name of [
    "ContainerRestarts",
    "MongoWithoutMajority",
    "KafkaBrokerAway",
    "BackupTooOld",
    "MetricsMissing",
  ])
    expect(engine, name).not.toContain(name);
  expect(names({ "platform:backups": "{}" })).toContain("BackupTooOld");
  expect(names(cluster)).toContain("MongoWithoutMajority");
  const without = {
    ...platform,
    stores: { postgres: platform.stores.postgres },
    services: {},
  } as PlatformModel;
  const few = new Set(of({}, without).map(({ alert }) => alert));
  expect(few).toContain("PostgresDown");
  for (const name of ["RedisDown", "MongoDown", "KafkaDown", "RouteFailing"])
    expect(few, name).not.toContain(name);
});

test("each is told with what to type on its stack, and its runbook is there", () => {
  const document = readFileSync(fileURLToPath(new URL("../../../docs/alerts.md", import.meta.url)), "utf8");
  for (const { alert, annotations } of of(cluster)) {
    expect(document).toContain(`\n### ${alert}\n`);
    expect(annotations.runbook).toBe(`docs/alerts.md#${alert.toLowerCase()}`);
    expect(annotations.action).toMatch(/^1\. /);
    expect(`${annotations.summary}${annotations.action}`).not.toContain("undefined");
  }
  const down = of(cluster).find(({ alert }) => alert === "UpstreamDown");
  expect(down?.annotations.action).toContain("./beat logs auth-service");
});

test("how long a schedule pauses at most", () => {
  expect(longestPause("17 2 * * *") / 3600).toBe(24);
  expect(longestPause("0 */6 * * *") / 3600).toBe(6);
  expect(longestPause("0 3 * * 0") / 86_400).toBe(7);
  expect(longestPause("0 3 1 * *") / 86_400).toBe(31);
});
