import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { Contender } from "../contenders.ts";
import { beside } from "../ours.ts";
import { coreSeconds, end } from "../process.ts";
import { modest, type Plan, proxyCore, serve, speaking } from "./children.ts";
import type { Phase } from "./client.ts";
import { type ScenarioName, scenarios } from "./scenarios.ts";
import { type Use, Watch } from "./watch.ts";

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
  /** What the attack did: requests written, connections, those that the proxy closed, and answers by status. */
  readonly did: Readonly<Record<string, number>>;
  /** Other programs used more than 5 % of the proxy's core, or requests were lost before anybody attacked. */
  readonly disturbed: boolean;
}

/** Starts the proxy anew, measures it quiet, attacked and afterwards, and ends it, whatever state it is in. */
export async function measure(
  contender: Contender,
  scenario: ScenarioName,
  round: number,
  plan: Plan,
): Promise<Sample> {
  const { port, to, seconds } = plan;
  const children: ChildProcess[] = [];
  try {
    const proxy = await serve(contender, plan, children);
    const watch = new Watch(proxy.pid);
    const client = speaking([
      process.execPath,
      beside("hostile/client.ts"),
      String(port),
      String(to.upstream),
    ]);
    children.push(client.child);
    client.tell("warm-up");
    await sleep(1000);
    const foreignBefore = coreSeconds(proxyCore) - watch.cpu();
    client.tell("quiet");
    await sleep(seconds * 1000);
    const before = watch.now();

    client.tell("attack");
    watch.begin();
    const cpuBefore = watch.cpu();
    const attack = speaking(modest("load.ts", scenario, String(port)));
    children.push(attack.child);
    await sleep(seconds * 1000);
    const busy = (watch.cpu() - cpuBefore) / seconds;
    const holds = "holds" in scenarios[scenario];
    const stop = () => attack.end<Sample["did"]>("SIGTERM");
    const ended = holds ? undefined : await stop();
    const peak = watch.end();

    client.tell("after");
    await sleep(afterSeconds * 1000);
    const left = watch.now();
    const foreign = coreSeconds(proxyCore) - watch.cpu() - foreignBefore;
    const {
      quiet,
      attack: attacked,
      after,
    } = await client.end<Record<"quiet" | "attack" | "after", Phase>>();
    return {
      round,
      scenario,
      contender: contender.name,
      quiet,
      attack: attacked,
      after,
      died: proxy.signalCode ?? (proxy.exitCode === null ? undefined : `exit ${proxy.exitCode}`),
      before,
      peak,
      left,
      busy,
      did: ended ?? (await stop()),
      disturbed: quiet.kept.lost + quiet.fresh.lost > 0 || foreign > 0.05 * (2 * seconds + afterSeconds),
    };
  } finally {
    for (const child of children.reverse()) await end(child, "SIGKILL");
  }
}
