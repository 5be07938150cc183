import { pause } from "../../support/client.ts";
import { Random } from "../random.ts";
import { isUnfinished } from "./broken.ts";
import { lastPlan, nextPlan } from "./generate.ts";
import { judgeConnection } from "./judge.ts";
import { Line, type Pace } from "./line.ts";
import { type Plan, requestBytes } from "./plan.ts";
import { bulk, handshakePlan, talkInTunnel } from "./specials.ts";
import { allowance, type Manner, type Talk } from "./talk.ts";
import { Tunnel } from "./tunnel.ts";
import type { World } from "./world.ts";

/** One connection with all that is asked on it. What it does depends on its seed alone. */
export async function runConnection(world: World, port: number, seed: number): Promise<void> {
  const random = new Random(seed);
  let number = 0;
  const draft = () => ({ id: `r${seed}-${number++}`, seed });
  const largest = seed % 150 === 75;
  const style = largest ? 0 : random.below(100);
  const plans: Plan[] = [];
  let pace: Pace = { late: 0, rest: 0, rests: 0 };
  if (style < 3) {
    plans.push(...bulk(random, draft, largest));
    pace = { late: (largest ? 500 : 200) + random.below(600), rest: 5, rests: random.below(40) };
  } else if (style >= 12) {
    const count = random.chance(0.1) ? 10 + random.below(30) : 1 + random.below(6);
    for (let i = 0; i < count; i++) plans.push(nextPlan(random, draft()));
    if (random.chance(0.15))
      pace = { late: random.below(100), rest: random.below(10), rests: random.below(20) };
  }
  const handshakes = style >= 3 && (style < 12 || random.chance(0.04));
  if (handshakes) plans.push(handshakePlan(random, draft()));
  else if (style >= 3 && random.chance(0.35)) {
    plans.push(lastPlan(random, draft()));
    // What stands behind it, too.
    if (random.chance(0.5) && !isUnfinished(plans.at(-1) as Plan)) plans.push(nextPlan(random, draft()));
  }
  for (const plan of plans) world.plans.set(plan.id, plan);
  const last = plans.at(-1) as Plan;
  const tunnel = last.act.how === "tunnel" ? new Tunnel(last, random) : undefined;
  if (tunnel !== undefined) world.tunnels.set(last.id, tunnel);
  if (tunnel?.floods === true) pace = { late: 100 + random.below(400), rest: 2, rests: random.below(40) };
  const manner: Manner = {
    turns: random.chance(0.35),
    pieces: random.chance(0.3),
    pace,
    leaves: random.chance(0.08) ? 1 + random.below(60) : 0,
    holds: random.chance(0.3),
  };
  const line = new Line(
    port,
    plans.map(({ method }) => method),
    pace,
  );
  const talk: Talk = { seed, plans, line, manner, opened: performance.now(), sent: [], tunnel, left: false };
  await converse(random, talk);
  // A client that left just as its tunnel opened has lost nothing by the gateway.
  if (tunnel !== undefined && line.switched && !talk.left) await talkInTunnel(world, talk);
  world.runs++;
  judgeConnection(world, talk);
  if (!line.closed && line.ended && manner.holds && world.held.length < 200) world.held.push(line.socket);
  else line.socket.destroy();
  // Nobody listens any more.
  if (line.error === "ECONNREFUSED") await pause(50);
}

async function converse(random: Random, talk: Talk): Promise<void> {
  const { plans, line, manner, sent, tunnel } = talk;
  const leaving =
    manner.leaves > 0 ? setTimeout(() => leave(talk, random.chance(0.5)), manner.leaves) : undefined;
  const gone = () =>
    line.ended || line.closed || talk.left || line.switched || line.reading.error !== undefined;
  for (const [i, plan] of plans.entries()) {
    const bytes = requestBytes(plan);
    for (const piece of manner.pieces ? random.cut(bytes) : [bytes]) {
      if (gone()) break;
      line.socket.write(piece);
      if (manner.pieces && random.chance(0.3)) await pause(random.below(4));
    }
    // The first frames do not wait for the 101, which may be there already.
    if (plan.act.how === "tunnel" && tunnel !== undefined && !line.closed) {
      tunnel.up.sent(tunnel.early);
      line.socket.write(tunnel.early);
    }
    sent[i] = performance.now();
    if (manner.turns) await until(() => gone() || line.answers.length > i || late(talk));
    if (gone()) break;
  }
  await until(() => gone() || line.answers.length >= plans.length || late(talk));
  clearTimeout(leaving);
  // An end that was said must come, too.
  const { answers } = line;
  const ending = answers
    .at(-1)
    ?.fields.some(([name, value]) => `${name}: ${value}`.toLowerCase() === "connection: close");
  if (ending === true || plans[answers.length - 1]?.minor === 0) await until(() => gone(), 3_000);
}

function leave(talk: Talk, resets: boolean): void {
  if (talk.line.ended) return;
  talk.left = true;
  if (resets) talk.line.socket.resetAndDestroy();
  else talk.line.socket.destroy();
}

/** Whether the answer that is due is so late that nobody waits for it any more. */
function late({ plans, line, sent, opened, manner }: Talk): boolean {
  const i = line.answers.length;
  const from = Math.max(opened, sent[i] ?? sent[i - 1] ?? 0, line.times[i - 1] ?? 0);
  return performance.now() - from > allowance(plans[i], manner);
}

async function until(ready: () => boolean, ms = Number.POSITIVE_INFINITY): Promise<boolean> {
  const end = performance.now() + ms;
  while (!ready()) {
    if (performance.now() > end) return false;
    await pause(2);
  }
  return true;
}
