import { statusOf } from "../../support/strict.ts";
import { show } from "../../support/upstream.ts";
import { isUnfinished } from "./broken.ts";
import { isSound, type Plan } from "./plan.ts";
import { allowance, type Talk } from "./talk.ts";
import {
  describe,
  drainDelayMs,
  judgeAnswer,
  judgeCut,
  judgeInterim,
  mayClose,
  mayCut,
  saysClose,
  type Times,
} from "./verdict.ts";
import type { World } from "./world.ts";

/** Judges everything that came back on a connection, in order, and what did not. */
export function judgeConnection(world: World, talk: Talk): void {
  const { plans, line, seed, sent, opened } = talk;
  const timesOf = (i: number): Times => ({
    from: Math.max(
      opened,
      line.times[i - 1] ?? 0,
      Math.min(sent[i] ?? opened, line.times[i] ?? Number.POSITIVE_INFINITY),
    ),
    to: line.times[i] ?? performance.now(),
  });
  const tell = (kind: string, i: number, text: string) =>
    world.report(
      kind,
      seed,
      `${text}\n  in the place of ${i + 1} of ${plans.length}: ${plans[i] && describe(plans[i] as Plan)}\n  before it: ${plans.slice(0, i).slice(-6).map(short).join(", ")}\n  behind it: ${plans
        .slice(i + 1, i + 6)
        .map(short)
        .join(", ")}\n  ${story(talk)}`,
    );
  for (const { before, message } of line.interims) {
    const plan = plans[before];
    const problem = plan && judgeInterim(plan, message);
    if (problem !== undefined) tell(problem[0], before, problem[1]);
  }
  let over = false;
  for (const [i, message] of line.answers.entries()) {
    const plan = plans[i];
    const times = timesOf(i);
    if (plan === undefined) {
      tell("more answers than requests", i, message.startLine);
      return;
    }
    world.requests++;
    if (over) tell("an answer behind the last one", i, message.startLine);
    const verdict = judgeAnswer(world, plan, message, times);
    const sound = isSound(plan);
    if ("problem" in verdict) {
      if (sound) world.sound++;
      tell(verdict.problem[0], i, verdict.problem[1]);
      // Whatever follows is out of place, too.
      return;
    }
    const { reason } = verdict;
    world.count(reason === "served" || reason === "tunnel" ? reason : `${statusOf(message)} ${reason}`);
    // One that met a dead upstream or the drain did not have to be served.
    if (sound && (reason === "served" || reason === "tunnel")) {
      world.sound++;
      world.served++;
    }
    judgeTime(talk, i, times, tell);
    const took = times.to - times.from - (allowance(plan, talk.manner) - 5_000);
    if (sound) world.slowest = Math.max(world.slowest, took);
    if (plan.route === "rate" && reason !== "served") world.limited++;
    if (plan.route === "queue") {
      const span = { from: times.from - 50, to: times.to };
      world.queued.push(span);
      if (reason !== "served") world.shed.push({ span, seed, id: plan.id });
    }
    over = saysClose(message);
    if (over && reason !== "tunnel" && !mayClose(world, plan, reason, times.to))
      tell("closed without a cause", i, message.startLine);
    if (!over && plan.closes === "must") tell("a connection that must end goes on", i, message.startLine);
    const left = line.ended || talk.left;
    if (over && !left) tell("an end that was said and does not come", i, message.startLine);
    // A client of HTTP/1.0 waits for the end unless it is told of another answer (RFC 9112 C.2.2).
    if (plan.minor === 0 && !over && !left && !keepsAlive(message))
      tell("HTTP/1.0 kept alive without a word", i, message.startLine);
  }
  judgeEnd(world, talk, over, tell, timesOf(line.answers.length));
}

type Tell = (kind: string, i: number, text: string) => void;

const keepsAlive = ({ fields }: { readonly fields: readonly (readonly [string, string])[] }): boolean =>
  fields.some(([name, value]) => name.toLowerCase() === "connection" && /keep-alive/i.test(value));

/** The first request without a whole answer must have a cause; those behind it must not have gone on. */
function judgeEnd(world: World, talk: Talk, over: boolean, tell: Tell, times: Times): void {
  const { plans, line, left } = talk;
  const i = line.answers.length;
  const { error, rest } = line.reading;
  const plan = plans[i];
  // Nobody waits for it any more, but it took a place.
  if (plan?.route === "queue") world.queued.push({ from: times.from - 50, to: times.to + 500 });
  if (error !== undefined) return tell("no HTTP at the client", i, `${error}: ${show(rest)}`);
  if (over) {
    const gone = plans.slice(i).find(({ seen }) => seen > 0);
    if (gone !== undefined) tell("a request behind the last answer went on", i, describe(gone));
    return;
  }
  if (plan === undefined) {
    if (rest.length > 0 && !line.switched) tell("bytes behind the last answer", i, show(rest));
    return;
  }
  if (left || line.switched) return;
  const cut = judgeCut(world, plan, line, times);
  if (cut !== undefined) return tell(cut[0], i, cut[1]);
  world.requests++;
  if (mayCut(world, plan, times))
    return world.count(plan.cuts ? "cut upstream" : "cut by a kill or the drain");
  // A client that says nothing for a second is let go then; when the gateway saw its last request is not known exactly.
  const quiet = (talk.sent[i] ?? times.to) - (talk.sent[i - 1] ?? 0);
  const idle = (i > 0 && quiet > 900) || isUnfinished(plan);
  if (idle && times.to > world.drainAt) return world.count("drain");
  // A listener that is closed, and what the kernel had queued for it.
  if (i === 0 && talk.opened > world.drainAt + drainDelayMs - 100) return world.count("drain");
  if (isSound(plan)) world.sound++;
  if (!line.ended) return tell("no answer in time", i, `after ${Math.round(times.to - times.from)} ms`);
  tell(
    times.to > world.drainAt ? "lost in the drain" : "ended without an answer",
    i,
    line.error ?? "by an end",
  );
}

function judgeTime({ plans, manner }: Talk, i: number, { from, to }: Times, tell: Tell): void {
  const limit = allowance(plans[i], manner);
  if (to - from > limit) tell("too slow", i, `${Math.round(to - from)} ms, ${limit} would be much`);
}

const short = ({ method, route, body, raw, act }: Plan): string =>
  raw === undefined ? `${method} ${route} ${body} ${act.how}` : JSON.stringify(raw.slice(0, 80));

function story({ manner, line, sent, opened, left }: Talk): string {
  const ms = (times: readonly number[]) => times.map((time) => Math.round(time - opened)).join(" ");
  return `${JSON.stringify(manner)}, sent at ${ms(sent)} ms, answered at ${ms(line.times)} ms, ${line.size} bytes, ${line.ended ? "ended" : "open"}, ${line.error ?? "no error"}${left ? ", left" : ""}`;
}
