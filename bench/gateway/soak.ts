import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { beside, freePort, scratch, startGateway } from "./ours.ts";
import { drawPanels } from "./plot.ts";
import { launch, openFiles, residentBytes, untilServing } from "./process.ts";
import { updateDocument } from "./report.ts";

/**
 * `npm run soak -- --minutes 30`: mixed load with aborts, resets and slow peers against the built gateway. Exits 1
 * unless memory is flat over the second half, open files return to where they began, and every answer was right.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    /** Kinds of client, as soak-load.ts names them; default all. */
    kinds: { type: "string" },
    out: { type: "string", default: fileURLToPath(new URL("results", import.meta.url)) },
    "update-docs": { type: "boolean", default: false },
  },
});
const minutes = Number(values.minutes);
const sampleMs = Math.min(5_000, (minutes * 60_000) / 60);

interface Sample {
  readonly minute: number;
  readonly resident: number;
  readonly heap: number;
  readonly files: number;
  readonly handles: number;
  readonly requests: number;
}

const folder = scratch();
const [to, echo, port, metricsPort] = (await Promise.all([1, 2, 3, 4].map(freePort))) as [
  number,
  number,
  number,
  number,
];
launch({ command: [process.execPath, beside("soak-upstream.ts"), String(to), String(echo)] });
await untilServing(to, "/api/v1/small.json", "the upstream");
const gateway = await startGateway({
  folder,
  port,
  to: { upstream: to, echo },
  env: { GATEWAY_METRICS_PORT: String(metricsPort) },
});

/** A gauge of the gateway's metrics. @throws when there is none: a plot without it would say nothing. */
function gauge(text: string, name: string): number {
  const line = text.split("\n").find((each) => each.startsWith(`${name} `));
  if (line === undefined) throw new Error(`the gateway's metrics have no ${name}`);
  return Number(line.split(" ").at(-1));
}

let load = { counts: {} as Record<string, number>, wrong: {} as Record<string, number> };
const begin = performance.now();
async function sample(): Promise<Sample> {
  const text = await fetch(`http://127.0.0.1:${metricsPort}/metrics`).then((response) => response.text());
  return {
    minute: (performance.now() - begin) / 60_000,
    resident: residentBytes(gateway.pid),
    heap: gauge(text, "nodejs_heap_size_used_bytes"),
    files: openFiles(gateway.pid).all,
    handles: gauge(text, "nodejs_active_resources"),
    requests: Object.values(load.counts).reduce((sum, count) => sum + count, 0),
  };
}

/** Least squares: change of `pick` for one minute. */
function slope(samples: readonly Sample[], pick: (sample: Sample) => number): number {
  const mean = (f: (s: Sample) => number) => samples.reduce((sum, s) => sum + f(s), 0) / samples.length;
  const [x, y] = [mean((s) => s.minute), mean(pick)];
  const above = samples.reduce((sum, s) => sum + (s.minute - x) * (pick(s) - y), 0);
  return above / samples.reduce((sum, s) => sum + (s.minute - x) ** 2, 0);
}

const baseline = (await sample()).files;
const kinds = values.kinds === undefined ? [] : [values.kinds];
const child = spawn(process.execPath, [beside("soak-load.ts"), String(port), ...kinds], {
  stdio: ["ignore", "pipe", "inherit"],
});
process.on("exit", () => child.kill("SIGKILL"));
const ended = once(child, "exit");
createInterface({ input: child.stdout }).on("line", (line) => {
  load = JSON.parse(line);
});
const samples: Sample[] = [];
while (performance.now() - begin < minutes * 60_000) {
  if (gateway.exitCode !== null || gateway.signalCode !== null)
    throw new Error("the gateway ended under load");
  samples.push(await sample());
  await sleep(sampleMs);
}
child.kill("SIGTERM");
await ended;
const loaded = samples.length;
// Kept connections to the upstream may live for another minute.
for (let i = 0; i < 90 && (i < 10 || (samples.at(-1)?.files ?? 0) > baseline); i++) {
  await sleep(1_000);
  samples.push(await sample());
}

mkdirSync(values.out, { recursive: true });
const columns = ["minute", "resident", "heap", "files", "handles", "requests"] as const;
const rows = samples.map((each) => columns.map((column) => each[column]).join(","));
writeFileSync(`${values.out}/soak.csv`, `${[columns.join(","), ...rows].join("\n")}\n`);
const series = (name: string, colour: string, pick: (s: Sample) => number) => ({
  name,
  colour,
  points: samples.map((each) => [each.minute, pick(each)] as const),
});
const megabytes = (value: number) => value / 2 ** 20;
const plot = drawPanels([
  {
    title: "Memory, MiB",
    series: [
      series("resident", "#1f5fa8", (s) => megabytes(s.resident)),
      series("heap used", "#c2571a", (s) => megabytes(s.heap)),
    ],
  },
  {
    title: "Open files",
    series: [
      series("open files", "#2f7d32", (s) => s.files),
      series("active handles", "#8e3b8e", (s) => s.handles),
    ],
  },
]);
writeFileSync(`${values.out}/soak.svg`, plot);

const half = samples.slice(Math.floor(loaded / 2), loaded);
const growth = slope(half, (s) => s.resident) * (minutes / 2);
const mean = half.reduce((sum, s) => sum + s.resident, 0) / half.length;
const left = samples.at(-1)?.files ?? 0;
// Garbage collection makes memory wave; a leak of one byte a request would already show as more than this.
const flat = growth < 0.05 * mean;
const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
const done = Object.entries(load.counts).map(([kind, count]) => `${kind} ${count}`);
const text = [
  `${minutes} minutes: ${done.join(", ")}.`,
  `Memory over the second half: ${mib(mean)} MiB on average, trend ${growth < 0 ? "" : "+"}${mib(growth)} MiB over that half (least squares; limit +5 %): ${flat ? "flat" : "GROWING"}.`,
  `Open files: ${baseline} before, at most ${Math.max(...samples.map((s) => s.files))} under load, ${left} after: ${left <= baseline ? "back" : "LEAKED"}.`,
  `Answers other than expected: ${Object.keys(load.wrong).length === 0 ? "none" : JSON.stringify(load.wrong)}.`,
].join("\n");
console.log(text);
console.log(`samples and plot: ${values.out}`);
if (values["update-docs"]) {
  writeFileSync(fileURLToPath(new URL("../../docs/gateway-soak.svg", import.meta.url)), plot);
  updateDocument("soak", text);
}
process.exit(flat && left <= baseline && Object.keys(load.wrong).length === 0 ? 0 : 1);
