import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { metricOf, metricsOf } from "../../infra/observe/metric-names.ts";
import { backupMetrics } from "../../stores/backup-metrics.ts";
import { watchMetrics } from "../../stores/kafka/watch-metrics.ts";

/** Names, types and labels of metrics as a scraper reads them. */
const told = (text: string) =>
  [...text.matchAll(/^# TYPE (\w+) (\w+)\n\w+(?:\{([^}]*)\})? /gm)].map(
    ([, name = "", type, labels = ""]) => ({
      name,
      type,
      labels: [...labels.matchAll(/(\w+)="/g)].map(([, label]) => label),
    }),
  );

const declared = (source: Parameters<typeof metricsOf>[0]) =>
  metricsOf(source).map((name) => ({ name, type: metricOf(name).type, labels: metricOf(name).labels }));

const sorted = (list: readonly { readonly name: string }[]) =>
  [...list].sort((a, b) => (a.name < b.name ? -1 : 1));

test("what alerts and dashboards may use of a watch is what it tells", () => {
  const text = watchMetrics({
    service: "auth-service",
    group: "g",
    topics: ["t"],
    standing: {
      group: "g",
      members: 1,
      given: ["t"],
      partitions: [{ topic: "t", partition: 0, committed: "1", start: "0", end: "2" }],
    },
    answered: true,
    stalledSeconds: 0,
    restarts: 0,
  });
  expect(sorted(told(text))).toEqual(sorted(declared("consumer-watch")));
});

test("what alerts and dashboards may use of an engine's backups is what is told of them", async () => {
  const folder = mkdtempSync(join(tmpdir(), "beat-backups-"));
  try {
    for (const [sub, what] of [
      [".status", "backup"],
      [".drill", "drill"],
    ] as const) {
      mkdirSync(join(folder, sub));
      writeFileSync(join(folder, sub, "postgres"), `${what} 20261124T030100Z ok postgres/auth\n`);
    }
    expect(sorted(told(await backupMetrics(folder, ["postgres"], 0)))).toEqual(
      sorted(declared("backup-metrics")),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
