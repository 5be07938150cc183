import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PlatformModel } from "../../config/define/model.ts";
import { platform as real } from "../../config/platform.ts";
import { routeTable } from "../../config/routes.ts";
import { parseSettings } from "../../config/settings/parse.ts";
import { freePort } from "../../gateway/test/support/metrics.ts";
import { ruleGroups } from "../../infra/observe/alerts/all.ts";
import { dashboardsOf, rateWindow } from "../../infra/observe/dashboards/panels.ts";
import { subjectOf } from "../../infra/observe/subject.ts";
import { projectRoot } from "../../stacks/program.ts";

const prometheus = process.env.BEAT_PROMETHEUS ?? "prometheus";
const there = spawnSync(prometheus, ["--version"]).status === 0;
const without = there ? "" : " (there is no prometheus on PATH, nor BEAT_PROMETHEUS)";

const platform: PlatformModel = real;
const subject = subjectOf(platform, parseSettings({}), "dev");
const routes = routeTable(platform).services;

describe.skipIf(!there)(`a Prometheus that reads a gateway${without}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "beat-store-"));
  const children: ChildProcess[] = [];
  let upstream: Server;
  let port = 0;
  let store = "";

  const ask = async (
    query: string,
  ): Promise<{ metric: Record<string, string>; value: [number, string] }[]> => {
    const answer = await fetch(`${store}/api/v1/query?query=${encodeURIComponent(query)}`);
    const body = (await answer.json()) as { status: string; error?: string; data: { result: never[] } };
    if (body.status !== "success") throw new Error(`${query}: ${body.error}`);
    return body.data.result;
  };
  const value = async (query: string) => Number((await ask(query))[0]?.value[1]);

  beforeAll(async () => {
    // One in ten is an error; everything takes a moment.
    let count = 0;
    upstream = createServer((request, response) => {
      request.resume();
      const status = count++ % 10 === 9 ? 500 : 200;
      setTimeout(() => response.writeHead(status).end("{}"), 3);
    });
    await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
    const at = (upstream.address() as AddressInfo).port;
    const services = routes.map((route) => ({ ...route, host: "127.0.0.1", port: at }));
    writeFileSync(join(folder, "routes.json"), JSON.stringify({ services }));
    port = await freePort();
    const [metrics, web] = [await freePort(), await freePort()];
    children.push(
      spawn(process.execPath, [join(projectRoot, "gateway/dist/gateway.mjs")], {
        stdio: "ignore",
        env: {
          ...process.env,
          GATEWAY_ROUTES: join(folder, "routes.json"),
          PROXY_HOST: "127.0.0.1",
          PROXY_PORT: String(port),
          GATEWAY_METRICS_PORT: String(metrics),
        },
      }),
    );
    writeFileSync(
      join(folder, "prometheus.yml"),
      JSON.stringify({
        global: { scrape_interval: "1s", evaluation_interval: "1s" },
        rule_files: [join(folder, "rules.json")],
        scrape_configs: [{ job_name: "gateway", static_configs: [{ targets: [`127.0.0.1:${metrics}`] }] }],
      }),
    );
    writeFileSync(join(folder, "rules.json"), JSON.stringify({ groups: ruleGroups(subject) }));
    const flags = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`];
    children.push(
      spawn(prometheus, [...flags, `--web.listen-address=127.0.0.1:${web}`], { stdio: "ignore" }),
    );
    store = `http://127.0.0.1:${web}`;
    // Until the store has some readings of every route.
    for (let tries = 0; tries < 150; tries++) {
      for (const { prefix } of routes)
        await fetch(`http://127.0.0.1:${port}${prefix}/x`).then(
          (answer) => answer.arrayBuffer(),
          () => undefined,
        );
      const readings = await value("min(count_over_time(gateway_requests_total[1m]))").catch(() => 0);
      if (readings >= 8) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }, 120_000);

  afterAll(() => {
    for (const child of children) child.kill();
    upstream.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const panels = dashboardsOf(subject).flatMap(({ name, rows }) =>
    rows.flatMap((row) =>
      row.panels.flatMap((panel) =>
        "text" in panel
          ? []
          : panel.queries.map(({ expr }) => ({
              place: `${name}, ${row.title}, ${panel.title}`,
              expr: expr.replaceAll(rateWindow, "15s"),
            })),
      ),
    ),
  );
  const gatewayOnly = panels.filter(
    ({ expr }) => !/\b(?:pg|redis|mongodb|kafka|beat|kube|container)_/.test(expr),
  );

  test("every panel that asks for the gateway's metrics has an answer, and it is a number", async () => {
    expect(gatewayOnly.length).toBeGreaterThan(20);
    const unanswered: string[] = [];
    for (const { place, expr } of gatewayOnly) {
      const found = await ask(expr);
      // Nothing was refused.
      if (found.length === 0 && !/gateway_refusals_total/.test(expr)) unanswered.push(`${place}: ${expr}`);
      if (found.some((each) => !Number.isFinite(Number(each.value[1]))))
        unanswered.push(`${place}: ${expr}: NaN`);
    }
    expect(unanswered).toEqual([]);
  });

  test("and every other one is understood", async () => {
    for (const { expr } of panels) await ask(expr);
  });

  test("what the overview shows is what was done", async () => {
    const of = (title: string) => panels.find(({ place }) => place === `overview, Now, ${title}`)?.expr ?? "";
    expect(await value(of("Requests"))).toBeGreaterThan(1);
    expect(await value(of("Errors"))).toBeGreaterThan(0.03);
    expect(await value(of("Errors"))).toBeLessThan(0.3);
    const slowest = await ask(
      panels.find(({ place }) => place === "overview, Routes, p99 at the service")?.expr ?? "",
    );
    expect(slowest.map(({ metric }) => metric.route).sort()).toEqual(routes.map(({ name }) => name).sort());
    for (const each of slowest) expect(Number(each.value[1])).toBeGreaterThan(0.002);
  });

  test("the rules are read without a complaint", async () => {
    const answer = (await (await fetch(`${store}/api/v1/rules`)).json()) as {
      data: { groups: { rules: { name: string; health: string; lastError?: string }[] }[] };
    };
    const rules = answer.data.groups.flatMap((group) => group.rules);
    expect(rules.length).toBe(ruleGroups(subject).flatMap((group) => group.rules).length);
    expect(rules.filter(({ health }) => health === "err")).toEqual([]);
  });
});
