import { cpus } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type Docker from "dockerode";
import { openSession } from "../cli/session.ts";
import { containersOf } from "../infra/docker/operate/engine.ts";
import { healthCheckOf } from "../infra/engine/health-check.ts";
import { workloadsOf } from "../infra/workloads/plan.ts";
import { loadTransform } from "../stacks/program.ts";
import { median } from "./gateway/report.ts";

/**
 * `node bench/idle.ts [--stack dev] [--seconds 60] [--rounds 3] [--every 10]`: what a stack that is up costs while nobody uses it,
 * in cores, as its cgroups count it: with its own probes, and with the same tests asked as often as is usual, interleaved in one
 * run. The usual ones are asked through the engine, as it asks its own. Exits 1 when it costs more than a tenth of a core.
 */
const { values } = parseArgs({
  options: {
    stack: { type: "string", default: "dev" },
    seconds: { type: "string", default: "60" },
    rounds: { type: "string", default: "3" },
    every: { type: "string", default: "10" },
  },
});
const most = 0.1;
const seconds = Number(values.seconds);
const session = await openSession(values.stack, { create: false, target: true });
const { engine, prefix, platform, settings } = session;
if (settings.target !== "docker") throw new Error(`${values.stack} does not run on a container engine`);
const runtime = { kind: "engine", settings, id: prefix, waitsForExit: false } as const;
const running = (await containersOf(engine, prefix)).filter(({ state }) => state === "running");
const containers = new Map(running.map(({ name, id }) => [name, engine.getContainer(id)]));
const tests = workloadsOf(platform, runtime, await loadTransform(settings.transform)).flatMap(
  ({ name, health }) => {
    const [kind, ...words] = healthCheckOf(health, { startInterval: true })?.test ?? [];
    const container = containers.get(name);
    if (kind === undefined || container === undefined) return [];
    return [{ container, command: kind === "CMD" ? words : ["sh", "-c", ...words] }];
  },
);

/** Seconds of a core that a container has used so far. */
async function used(container: Docker.Container): Promise<number> {
  const { cpu_stats } = await container.stats({ stream: false, "one-shot": true });
  return cpu_stats.cpu_usage.total_usage / 1e9;
}
const usedByAll = async () =>
  new Map(await Promise.all([...containers].map(async ([name, it]) => [name, await used(it)] as const)));
/** The same of the whole machine, where the engine is on it. */
const usedByMachine = () =>
  cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1000;

async function ask({ container, command }: (typeof tests)[number]): Promise<void> {
  const exec = await container.exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true });
  (await exec.start({})).resume();
}

/** Cores, by container and of the whole machine, while the tests are asked that often, or not at all. */
async function measure(every?: number) {
  const timers: NodeJS.Timeout[] = [];
  for (const [index, test] of every === undefined ? [] : tests.entries()) {
    const first = ((index + 1) / tests.length) * (every ?? 0) * 1000;
    const repeat = () => {
      void ask(test).catch(() => {});
      timers[index] = setTimeout(repeat, (every ?? 0) * 1000);
    };
    // Spread, as those of containers that were started one after the other.
    timers[index] = setTimeout(repeat, first);
  }
  const begun = performance.now();
  const [before, machineBefore] = [await usedByAll(), usedByMachine()];
  await sleep(seconds * 1000);
  const [after, machineAfter] = [await usedByAll(), usedByMachine()];
  const took = (performance.now() - begun) / 1000;
  for (const timer of timers) clearTimeout(timer);
  const each = new Map([...after].map(([name, end]) => [name, (end - (before.get(name) ?? end)) / took]));
  return {
    each,
    all: [...each.values()].reduce((sum, cores) => sum + cores, 0),
    machine: (machineAfter - machineBefore) / took,
  };
}

const ours: Awaited<ReturnType<typeof measure>>[] = [];
const usual: typeof ours = [];
for (let round = 0; round < Number(values.rounds); round++) {
  ours.push(await measure());
  usual.push(await measure(Number(values.every)));
  const [mine, theirs] = [ours.at(-1)?.all ?? 0, usual.at(-1)?.all ?? 0];
  console.log(`round ${round + 1}: ${mine.toFixed(3)} cores, and ${theirs.toFixed(3)}`);
}
const cores = (of: typeof ours, pick: (one: (typeof ours)[number]) => number) => median(of.map(pick));
const row = (name: string, pick: (one: (typeof ours)[number]) => number) =>
  console.log(`| ${name} | ${cores(ours, pick).toFixed(3)} | ${cores(usual, pick).toFixed(3)} |`);
console.log(`\n| cores | its own probes | and one more each ${values.every} s |\n|---|---|---|`);
for (const name of containers.keys()) row(name, ({ each }) => each.get(name) ?? 0);
row("**all containers**", ({ all }) => all);
row("the whole machine", ({ machine }) => machine);
const total = cores(ours, ({ all }) => all);
const ratios = ours.map(({ all }, round) => all / (usual[round]?.all ?? Number.NaN));
console.log(
  `\nratio within a round: ${median(ratios).toFixed(2)} (${ratios.map((ratio) => ratio.toFixed(2)).join(", ")})`,
);
process.exitCode = total > most ? 1 : 0;
