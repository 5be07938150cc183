import { mkdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type CaseName, load } from "./cases.ts";
import { upstream } from "./contenders.ts";
import { CpuShares } from "./cpu-share.ts";
import { freePort, scratch, startGateway } from "./ours.ts";
import { cpuSeconds, end, family, launch, untilServing } from "./process.ts";
import { conditions, median, updateDocument } from "./report.ts";

/**
 * `node bench/gateway/scaling.ts`: what a second worker brings where a core is free for it. On a machine that has no two
 * free cores, each worker is held to the same share of one (a control group, so as root on Linux), small enough that
 * load and upstream are never the limit. One and two workers take turns. Exits 1 when two bring less than 1.7 times one.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "4" },
    share: { type: "string", default: "0.25" },
    "update-docs": { type: "boolean", default: false },
  },
});
const share = Number(values.share);
const cases: CaseName[] = ["small", "large", "post"];
const folder = scratch();
mkdirSync(`${folder}/upstream`);
const to = { upstream: await freePort(), echo: await freePort() };
launch(upstream(`${folder}/upstream`, to.upstream));
await untilServing(to.upstream, "/api/v1/small.json", "the upstream");

interface Run {
  readonly rate: number;
  /** Processor time of a worker in the measured seconds, as a part of its share. */
  readonly used: number;
}

/** Measures a gateway of so many workers, each with its share. */
async function measure(name: CaseName, workers: number): Promise<Run> {
  const port = await freePort();
  const gateway = await startGateway({ folder, port, to, env: { GATEWAY_WORKERS: String(workers) } });
  const shares = new CpuShares();
  try {
    // With several workers the first process handles no request.
    const pids = family(gateway.pid).filter((pid) => workers === 1 || pid !== gateway.pid);
    if (pids.length !== workers) throw new Error(`${pids.length} processes serve, must be ${workers}`);
    for (const pid of pids) shares.limit(pid, share);
    await load(name, port, 2, 64, "0-1");
    const before = pids.map(cpuSeconds);
    const { requests } = await load(name, port, Number(values.seconds), 64, "0-1");
    const spent = pids.map((pid, i) => cpuSeconds(pid) - (before[i] as number));
    const seconds = Number(values.seconds);
    return { rate: requests / seconds, used: Math.min(...spent) / (seconds * share) };
  } finally {
    await end(gateway);
    await sleep(200);
    shares.remove();
  }
}

const lines = [
  "| case | one worker, per second | two | ratio | range | shares used |",
  "|---|---|---|---|---|---|",
];
let missed = false;
for (const name of cases) {
  const ratios: number[] = [];
  const [ones, twos, used]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < Number(values.rounds); round++) {
    // Whoever comes first changes from round to round.
    const order = round % 2 === 0 ? [1, 2] : [2, 1];
    const runs = new Map<number, Run>();
    for (const workers of order) runs.set(workers, await measure(name, workers));
    const [one, two] = [runs.get(1) as Run, runs.get(2) as Run];
    ones.push(one.rate);
    twos.push(two.rate);
    used.push(one.used, two.used);
    ratios.push(two.rate / one.rate);
    console.log(`${name} round ${round + 1}: ${one.rate.toFixed(0)}/s, ${two.rate.toFixed(0)}/s`);
  }
  const ratio = median(ratios);
  missed ||= ratio < 1.7;
  lines.push(
    `| ${name} | ${median(ones).toFixed(0)} | ${median(twos).toFixed(0)} | ${ratio.toFixed(2)} | ${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)} | ${Math.floor(100 * Math.min(...used))} % or more |`,
  );
}
const run = `${values.rounds} rounds of ${values.seconds} s, 64 connections, ${100 * share} % of a core for each worker; medians`;
const report = [conditions(process.execPath, run), "", ...lines].join("\n");
console.log(report);
if (values["update-docs"]) updateDocument("scaling", report);
process.exit(missed ? 1 : 0);
