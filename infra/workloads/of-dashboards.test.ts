import { expect, test } from "vitest";
import { parse } from "yaml";
import type { PlatformModel } from "../../config/define/model.ts";
import { platform as real } from "../../config/platform.ts";
import { stackImages } from "../../config/stack-images.ts";
import type { Workload } from "../../core/workload.ts";
import { dockerSettings } from "../../test/settings.ts";
import { ruleGroups } from "../observe/alerts/all.ts";
import { subjectOf } from "../observe/subject.ts";
import { monitoredOf } from "./monitored.ts";
import { pagesOf, workloadsOf } from "./plan.ts";

const platform: PlatformModel = real;
const planOf = (observability: object, ports: object = {}, stack = "dev") => {
  const settings = dockerSettings({
    "platform:observability": JSON.stringify(observability),
    "platform:ports": JSON.stringify(ports),
  });
  return {
    settings,
    workloads: workloadsOf(platform, {
      kind: "engine",
      settings,
      stack,
      id: "x-dev",
      waitsForExit: true,
    }),
  };
};
const dashboardsIn = (workloads: readonly Workload[]) => workloads.find(({ name }) => name === "dashboards");
const contentOf = (workload: Workload | undefined, path: string) =>
  workload?.files
    .flatMap(({ directory, files }) =>
      Object.entries(files).map(([name, content]) => [`${directory}/${name}`, content] as const),
    )
    .find(([name]) => name === path)?.[1]
    .render(() => "?") ?? "";

test("there are none unless somebody asks, and their image is none of the stack's", () => {
  const { settings, workloads } = planOf({});
  expect(dashboardsIn(workloads)).toBeUndefined();
  expect(stackImages(platform, settings).map(({ reference }) => reference)).not.toContainEqual(
    expect.stringContaining("otel-lgtm"),
  );
});

test("one container shows them, on a page of this machine, and everybody sends to it", () => {
  const { settings, workloads } = planOf({ dev: true }, { dashboards: 3999 });
  const dashboards = dashboardsIn(workloads);
  expect(pagesOf(workloads, "127.0.0.1")).toMatchObject({ dashboards: "http://127.0.0.1:3999" });
  expect(stackImages(platform, settings)).toContainEqual(
    expect.objectContaining({ path: "platform:images.overrides.otelLgtm" }),
  );
  for (const { env, role } of workloads)
    if (role === "gateway" || role === "service") {
      const url = new URL(env.OTEL_EXPORTER_OTLP_ENDPOINT?.render(() => "?") ?? "");
      expect(url.hostname).toBe(dashboards?.host);
      expect(dashboards?.endpoints.map(({ port }) => port)).toContain(Number(url.port));
    }
  expect(pagesOf(planOf({ dev: true }, { dashboards: false }).workloads, "x")).not.toHaveProperty(
    "dashboards",
  );
});

test("it asks everybody who tells metrics, by name", () => {
  const { workloads } = planOf({ dev: true });
  const { scrape_configs: scrapes } = parse(
    contentOf(dashboardsIn(workloads), "/otel-lgtm/prometheus.yaml"),
  ) as { scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[] };
  const monitored = monitoredOf(workloads);
  expect(monitored.map(({ workload }) => workload)).toContain("gateway");
  expect(scrapes.map(({ job_name: job, static_configs: [at] }) => [job, at?.targets])).toEqual(
    monitored.map(({ workload, host, port }) => [workload, [`${host}:${port}`]]),
  );
});

test("Grafana is told of the folder with the dashboards by a file", () => {
  const { workloads } = planOf({ dev: true });
  const path = "/otel-lgtm/grafana/conf/provisioning/dashboards/beat.yaml";
  expect(parse(contentOf(dashboardsIn(workloads), path))).toEqual({
    apiVersion: 1,
    providers: [
      {
        name: "beat-ecoprove",
        folder: "beat-ecoprove",
        type: "file",
        options: { path: "/otel-lgtm/beat/dashboards" },
      },
    ],
  });
});

test("the file of rules that Prometheus is told to read is there, and has the stack's alerts", () => {
  const { settings, workloads } = planOf({ dev: true }, {}, "mine");
  const dashboards = dashboardsIn(workloads);
  const told = parse(contentOf(dashboards, "/otel-lgtm/prometheus.yaml")) as { rule_files: string[] };
  const read = told.rule_files.map((pattern) => contentOf(dashboards, pattern.replace("*", "alerts")));
  expect(read.map((text) => parse(text) as unknown)).toEqual([
    { groups: ruleGroups(subjectOf(platform, settings, "mine")) },
  ]);
  expect(read.join()).toContain("--stack mine");
});
