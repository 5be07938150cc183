import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ablated } from "./ablations.ts";
import { type CaseName, caseNames, check, load } from "./cases.ts";
import { type Contender, contenders, upstream, variant, workers } from "./contenders.ts";
import {
  coreSeconds,
  cpuSeconds,
  end,
  expectFree,
  installed,
  launch,
  residentBytes,
  underLock,
  untilServing,
} from "./process.ts";
import { basesOf, chosen, conditions, type Sample, tables, updateDocument } from "./report.ts";

/** `npm run bench:gateway -- --help`. The method is described in docs/gateway-performance.md. */
const usage = `Usage: npm run bench:gateway -- [options]
  --rounds N          measurements of each contender and case (5)
  --seconds N         length of one, after a warm-up of 2 s (5)
  --connections N     (64)
  --only a,b          contenders; nginx and nginx-buffers, against which ratios are taken, are worth keeping
  --cases a,b         of ${caseNames.join(", ")}
  --variant name=FILE another build of ours; repeatable. FILE may follow VARIABLE=value and --node-flags words
  --ablations         ours beside itself without one technique after the other
  --workers           one worker beside two, instead of the usual contenders
  --node PATH         the Node that runs ours
  --port N            first of the ports taken (18900)
  --json FILE         every sample
  --update-docs       write the table to docs/gateway-performance.md
  --lock FILE         hold this lock while measuring one case of one round`;

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "5" },
    connections: { type: "string", default: "64" },
    only: { type: "string" },
    cases: { type: "string", default: caseNames.join(",") },
    variant: { type: "string", multiple: true, default: [] },
    ablations: { type: "boolean", default: false },
    workers: { type: "boolean", default: false },
    node: { type: "string", default: process.execPath },
    port: { type: "string", default: "18900" },
    json: { type: "string" },
    "update-docs": { type: "boolean", default: false },
    lock: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}

const proxyCore = "0";
const loadCore = "1";
/** Ratios are taken to these, so they take part in every comparison. */
const bases = new Set(caseNames.flatMap(basesOf));
const [rounds, seconds, connections, firstPort] = [
  values.rounds,
  values.seconds,
  values.connections,
  values.port,
].map(Number) as [number, number, number, number];

interface Running extends Contender {
  readonly port: number;
  readonly pid: number;
  readonly log: string | undefined;
  readonly stop: () => Promise<void>;
}

async function start(contender: Contender, folder: string, port: number): Promise<Running> {
  await expectFree(port, contender.name);
  const own = `${folder}/${contender.name}`;
  mkdirSync(own);
  const ready = contender.prepare(own, port, { upstream: firstPort, echo: firstPort + 1 });
  const child = launch({ cores: contender.cores ?? proxyCore, ...ready });
  await untilServing(port, "/core/small.json", contender.name);
  return { ...contender, port, pid: child.pid, log: `${own}/access.log`, stop: () => end(child) };
}

/** Another program used the proxy's core, so the measurement says nothing, whatever its outcome. */
class Disturbed extends Error {
  override readonly message = "other programs use this machine: every try was disturbed";
}

/** Measures; again when another program took more than 5 % of the proxy's core meanwhile. */
async function undisturbed(proxy: Running, name: CaseName, round: number): Promise<Sample> {
  for (let tries = 1; ; tries++)
    try {
      return await measure(proxy, name, round);
    } catch (error) {
      if (!(error instanceof Disturbed) || tries === 10) throw error;
      console.log(`round ${round + 1} ${name} ${proxy.name}: disturbed by other programs, again`);
      await sleep(1000);
    }
}

async function measure(proxy: Running, name: CaseName, round: number): Promise<Sample> {
  await check(name, proxy.port);
  await load(name, proxy.port, 2, connections, loadCore);
  const cpuBefore = cpuSeconds(proxy.pid);
  const coreBefore = coreSeconds(proxyCore);
  const counted = await load(name, proxy.port, seconds, connections, loadCore);
  const cpu = cpuSeconds(proxy.pid) - cpuBefore;
  const foreign = coreSeconds(proxyCore) - coreBefore - cpu;
  if (proxy.cores === undefined && foreign > 0.05 * seconds) throw new Disturbed();
  const resident = residentBytes(proxy.pid);
  await check(name, proxy.port);
  try {
    truncateSync(proxy.log ?? "");
  } catch {
    // This one keeps no log.
  }
  return {
    round,
    case: name,
    contender: proxy.name,
    perSecond: counted.requests / (counted.microseconds / 1e6),
    p50: counted.p50 / 1000,
    p99: counted.p99 / 1000,
    cpu: (cpu * 1e6) / counted.requests,
    busy: cpu / (counted.microseconds / 1e6),
    resident,
  };
}

async function main(): Promise<void> {
  if (!installed("wrk")) throw new Error("wrk, the load generator, is missing: apt-get install wrk");
  if (availableParallelism() < 2) throw new Error("one core is not enough: the load needs its own");
  if (!installed("nginx"))
    console.log("nginx is not installed: the upstream is a slower one, and no ratios are taken");
  const cases = chosen(values.cases, caseNames, "--cases");
  const folder = mkdtempSync(`${tmpdir()}/gateway-bench-`);
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const extra = values.variant.map((text) => variant(text, values.node));
  if (values.ablations) extra.push(...(await ablated(values.node, folder)));
  const all = [...contenders(values.node), ...workers(values.node)];
  const usual = values.workers
    ? all.filter(({ name }) => bases.has(name) || name.startsWith("ours-workers"))
    : values.ablations
      ? all.filter(({ name }) => bases.has(name) || name === "ours")
      : all.filter(({ name }) => !name.startsWith("ours-workers"));
  const names =
    values.only === undefined
      ? undefined
      : chosen(
          values.only,
          all.map(({ name }) => name),
          "--only",
        );
  const wanted = [
    ...(names === undefined ? usual : all.filter(({ name }) => names.includes(name))),
    ...extra,
  ];
  for (const { name, missing } of wanted)
    if (missing !== undefined) console.log(`skipped: ${name}: ${missing}`);

  mkdirSync(`${folder}/upstream`);
  await expectFree(firstPort, "the upstream");
  await expectFree(firstPort + 1, "the WebSocket upstream");
  launch({ ...upstream(`${folder}/upstream`, firstPort), cores: loadCore });
  const echo = fileURLToPath(new URL("websocket-echo.ts", import.meta.url));
  launch({ command: [process.execPath, echo, String(firstPort + 1)], cores: loadCore });
  await untilServing(firstPort, "/api/v1/small.json", "the upstream");

  const running: Running[] = [];
  for (const contender of wanted.filter(({ missing }) => missing === undefined))
    running.push(await start(contender, folder, firstPort + 2 + running.length));

  const samples: Sample[] = [];
  for (let round = 0; round < rounds; round++)
    for (const name of cases)
      await underLock(values.lock, async () => {
        for (let i = 0; i < running.length; i++) {
          const proxy = running[(i + round) % running.length] as Running;
          const sample = await undisturbed(proxy, name, round).catch((error: Error) => {
            throw new Error(`${proxy.name}, ${name}: ${error.message}`);
          });
          samples.push(sample);
          console.log(
            `round ${round + 1} ${name} ${proxy.name}: ${sample.perSecond.toFixed(0)}/s, p99 ${sample.p99.toFixed(1)} ms, ${sample.cpu.toFixed(0)} us each`,
          );
        }
      });
  for (const proxy of running) await proxy.stop();

  const order = running.map(({ name }) => name);
  samples.sort((a, b) => order.indexOf(a.contender) - order.indexOf(b.contender));
  const text = [
    conditions(values.node, `${rounds} rounds of ${seconds} s, ${connections} connections; medians`),
    tables(samples),
  ].join("\n\n");
  console.log(`\n${text}`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(samples, null, 1)}\n`);
  if (values["update-docs"])
    updateDocument(values.workers ? "workers" : values.ablations ? "ablations" : "side-by-side", text);
}

try {
  await main();
  process.exit(0);
} catch (error) {
  console.error(`bench: ${(error as Error).message}`);
  process.exit(1);
}
