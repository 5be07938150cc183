import { expect, test } from "vitest";
import type { PlatformModel } from "../../config/define/model.ts";
import { platform as real } from "../../config/platform.ts";
import { parseSettings } from "../../config/settings/parse.ts";
import { dashboardFiles } from "../../infra/observe/dashboard-files.ts";
import { dashboardsOf, rateWindow } from "../../infra/observe/dashboards/panels.ts";
import { subjectOf } from "../../infra/observe/subject.ts";
import { unknownIn } from "./expressions.ts";
import { hasPromtool, promtool, withoutPromtool } from "./promtool.ts";

const platform: PlatformModel = real;
const engine = subjectOf(platform, parseSettings({}), "dev");
const cluster = subjectOf(
  platform,
  parseSettings({
    "platform:target": "kubernetes",
    "platform:source": "sample",
    "platform:publicHost": "a.example.org",
  }),
  "prod",
);
const queries = [engine, cluster].flatMap((subject) =>
  dashboardsOf(subject).flatMap(({ name, rows }) =>
    rows.flatMap(({ panels }) =>
      panels.flatMap((panel) =>
        "text" in panel
          ? []
          : panel.queries.map(({ expr, legend }) => ({ place: `${name}: ${panel.title}`, expr, legend })),
      ),
    ),
  ),
);

test("every metric and label of a panel is one that somebody tells", () => {
  expect(queries.length).toBeGreaterThan(80);
  expect(queries.flatMap(({ place, expr }) => unknownIn(expr).map((name) => `${place}: ${name}`))).toEqual(
    [],
  );
});

test.skipIf(!hasPromtool)(`every query of every panel is one for Prometheus${withoutPromtool}`, () => {
  // As rules, which promtool reads.
  const rules = queries.map(({ expr }, index) => ({
    record: `panel:query:${index}`,
    expr: expr.replaceAll(rateWindow, "5m"),
  }));
  const broken = { record: "panel:query:broken", expr: "sum(rate(x[5m])" };
  const check = (list: readonly object[]) =>
    promtool({ "rules.json": { groups: [{ name: "panels", rules: list }] } }, "check", "rules", "rules.json");
  expect(check(rules)).toBe("");
  expect(check([...rules, broken])).toContain("panel:query:broken");
});

test("a line is called by labels that its query keeps", () => {
  for (const { place, expr, legend } of queries)
    for (const [, label = ""] of legend.matchAll(/\{\{(\w+)\}\}/g))
      expect(expr, `${place}: ${legend}`).toMatch(new RegExp(`by \\((?:\\w+, )*${label}(?:, \\w+)*\\)`));
});

test("a file for the overview, each service and the stores, as Grafana takes them", () => {
  const files = dashboardFiles(cluster);
  expect(Object.keys(files)).toEqual([
    "overview.json",
    "service-auth-service.json",
    "service-core-service.json",
    "service-messaging-service.json",
    "stores.json",
  ]);
  const uids = Object.values(files).map((text) => {
    const board = JSON.parse(text) as { uid: string; panels: { gridPos: { x: number; w: number } }[] };
    expect(board.panels.length).toBeGreaterThan(8);
    for (const { gridPos } of board.panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    return board.uid;
  });
  expect(new Set(uids).size).toBe(uids.length);
});
