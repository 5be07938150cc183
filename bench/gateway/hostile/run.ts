import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { load } from "../cases.ts";
import type { Contender } from "../contenders.ts";
import { beside } from "../ours.ts";
import { coreSeconds, end, expectFree, launch, untilServing } from "../process.ts";
import type { Phase } from "./client.ts";
import type { HostilePorts } from "./configs.ts";
import { type ScenarioName, scenarios } from "./scenarios.ts";
import { type Use, Watch } from "./watch.ts";

const proxyCore = "0";
const loadCore = "1";
/** How long is measured when the attack is over. */
export const afterSeconds = 3;

/** One contender in one scenario of one round. */
export interface Sample {
  readonly round: number;
  readonly scenario: ScenarioName;
  readonly contender: string;
  readonly quiet: Phase;
  readonly attack: Phase;
  readonly after: Phase;
  /** How the proxy ended when it did so by itself. */
  readonly died: string | undefined;
  /** What the proxy held before, at most, and after. */
  readonly before: Use;
  readonly peak: Use;
  readonly left: Use;
  /** Its share of its core during the attack. */
  readonly busy: number;
  /** What the attack did: requests, connections, those closed, and answers by status. */
  readonly did: Readonly<Record<string, number>>;
  /** Other programs used more than 5 % of the proxy's core. */
  readonly disturbed: boolean;
}

export interface Plan {
  readonly folder: string;
  readonly port: number;
  readonly to: HostilePorts;
  readonly seconds: number;
}

/**
 * Runs below everything that is measured: attackers and their upstream share a core with the well-behaved client, who
 * must not wait for them. They take what is left of it, which is nearly all.
 */
const modest = (file: string, ...args: string[]): string[] => [
  "chrt",
  "--idle",
  "0",
  process.execPath,
  beside(`hostile/${file}`),
  ...args,
];

/** A child that is told things by lines and says one at its end. */
function speaking(command: readonly string[]) {
  const child = spawn("taskset", ["-c", loadCore, ...command], { stdio: ["pipe", "pipe", "inherit"] });
  process.on("exit", () => child.kill("SIGKILL"));
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += chunk;
  });
  const over = new Promise<string>((resolve) => child.once("close", () => resolve(text)));
  return { child, over };
}

/** Ends an attack; one that does not say what it did in time is killed. */
async function endAttack({ child, over }: ReturnType<typeof speaking>): Promise<Record<string, number>> {
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
  const text = await over;
  clearTimeout(timer);
  return text === "" ? {} : (JSON.parse(text) as Record<string, number>);
}

/** Starts the proxy anew, measures it quiet, attacked and afterwards, and ends it, whatever state it is in. */
export async function measure(
  contender: Contender,
  scenario: ScenarioName,
  round: number,
  { folder, port, to, seconds }: Plan,
): Promise<Sample> {
  for (const [each, what] of [
    [to.hostile, "the attacked upstream"],
    [port, contender.name],
  ] as const)
    await expectFree(each, what);
  const own = mkdtempSync(`${folder}/${contender.name}-`);
  const children: ChildProcess[] = [];
  try {
    children.push(launch({ command: modest("upstream.ts", String(to.hostile)), cores: loadCore }));
    await untilServing(to.hostile, "/api/v1/small", "the attacked upstream");
    const proxy = launch({ cores: proxyCore, ...contender.prepare(own, port, to) });
    children.push(proxy);
    let stopping = false;
    let died: string | undefined;
    proxy.once("exit", (code, signal) => {
      if (!stopping) died = signal ?? `exit ${code}`;
    });
    await untilServing(port, "/core/small.json", contender.name);
    await untilServing(port, "/hostile/small", contender.name);
    await load("small", port, 2, 64, loadCore);
    await sleep(500);

    const watch = new Watch(proxy.pid);
    const client = speaking([
      process.execPath,
      beside("hostile/client.ts"),
      String(port),
      String(to.upstream),
    ]);
    children.push(client.child);
    const begin = performance.now();
    const cpuAtFirst = watch.cpu();
    const coreAtFirst = coreSeconds(proxyCore);
    client.child.stdin.write("warm\n");
    await sleep(500);
    client.child.stdin.write("quiet\n");
    await sleep(seconds * 1000);
    const before = watch.now();

    client.child.stdin.write("attack\n");
    watch.begin();
    const cpuBefore = watch.cpu();
    const attackBegin = performance.now();
    const attack = speaking(modest("load.ts", scenario, String(port)));
    children.push(attack.child);
    await sleep(seconds * 1000);
    const busy = (watch.cpu() - cpuBefore) / ((performance.now() - attackBegin) / 1000);
    const holds = "holds" in scenarios[scenario];
    let did = holds ? {} : await endAttack(attack);
    const peak = watch.end();

    client.child.stdin.write("after\n");
    await sleep(afterSeconds * 1000);
    const left = watch.now();
    const foreign = coreSeconds(proxyCore) - coreAtFirst - (watch.cpu() - cpuAtFirst);
    const elapsed = (performance.now() - begin) / 1000;
    client.child.stdin.end();
    const phases = JSON.parse(await client.over) as Record<"quiet" | "attack" | "after", Phase>;
    if (holds) did = await endAttack(attack);
    stopping = true;
    const disturbed = foreign > 0.05 * elapsed;
    return {
      round,
      scenario,
      contender: contender.name,
      ...phases,
      died,
      before,
      peak,
      left,
      busy,
      did,
      disturbed,
    };
  } finally {
    for (const child of children.reverse()) await end(child, "SIGKILL");
  }
}
