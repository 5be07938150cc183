import { type Message, statusOf, values } from "../../support/strict.ts";
import { show } from "../../support/upstream.ts";
import type { Line } from "./line.ts";
import { answerBody, expectedEcho, isBodiless, isSound, type Plan } from "./plan.ts";
import { origin } from "./routes.ts";
import type { World } from "./world.ts";

/** What is wrong, by its kind. */
export type Problem = readonly [kind: string, text: string];

/** What one answer was: the upstream's, or the gateway's own with why it is earned. */
type Verdict = { readonly reason: string } | { readonly problem: Problem };

/** When the request could first be worked on and when its answer was there. */
export interface Times {
  readonly from: number;
  readonly to: number;
}

/** Judges the answer in a request's place. */
export function judgeAnswer(world: World, plan: Plan, message: Message, times: Times): Verdict {
  const echo = values(message, "x-echo");
  const problem = (kind: string, text = ""): Verdict => ({
    problem: [
      kind,
      `${text}\n  answer ${message.startLine} ${JSON.stringify(message.fields)} ${show(message.body.subarray(0, 120))}`,
    ],
  });
  const ids = values(message, "x-request-id");
  const foreign = ids.find((id) => id !== plan.id && (plan.raw === undefined || world.plans.has(id)));
  // A head that did not arrive in time has no name yet: the gateway makes one. Still a loss, and nobody's answer.
  if (foreign !== undefined && statusOf(message) === 408 && !world.plans.has(foreign))
    return problem("out of time before its head was whole");
  if (foreign !== undefined) return problem("an answer to another request", `it names ${foreign}`);
  if (echo.length === 0) {
    const status = statusOf(message);
    const reason = plan.refusals[status] ?? excuse(world, plan, status, times);
    return reason === undefined ? problem("a refusal that was not earned") : { reason };
  }
  if (plan.act.how === "tunnel" && statusOf(message) === 101)
    return echo.join() === plan.id ? { reason: "tunnel" } : problem("another handshake's answer");
  if (echo.join() !== expectedEcho(plan)) return problem("an answer to another request", "by its field");
  if (!plan.serves) return problem("an answer that cannot be whole");
  if (statusOf(message) !== plan.act.status) return problem("another status");
  if (!message.body.equals(answerBody(plan, expectedEcho(plan))))
    return problem("another body", bodyFacts(plan, message.body));
  const allowed = values(message, "access-control-allow-origin").join();
  if (allowed !== (plan.route === "cors" ? origin : "upstream")) return problem("other CORS fields");
  return { reason: "served" };
}

function bodyFacts(plan: Plan, body: Buffer): string {
  const wanted = answerBody(plan, expectedEcho(plan));
  let at = 0;
  while (at < body.length && body[at] === wanted[at]) at++;
  return `${body.length} bytes for ${wanted.length}, byte ${at} is the first that differs: ${JSON.stringify(body.toString("latin1", at, at + 80))}`;
}

/** Why a refusal that no plan foresaw is earned by what went on. */
function excuse(world: World, { route }: Plan, status: number, { from, to }: Times): string | undefined {
  if (route === "mortal" && (status === 502 || status === 503) && world.wasDead(from, to))
    return "killed upstream";
  if (status === 503 && to > world.drainAt && route.startsWith("ws")) return "drain";
  return undefined;
}

/** Whether the gateway says that the connection ends with this answer. */
export const saysClose = (message: Message): boolean =>
  values(message, "connection").some((value) => value.toLowerCase() === "close");

/** Whether it may. */
export function mayClose(world: World, plan: Plan, reason: string, time: number): boolean {
  if (plan.closes !== "no" || time > world.drainAt) return true;
  // Refused before its body was there.
  if (reason !== "served" && plan.body >= 0) return true;
  return plan.act.how === "early" && plan.body >= 0;
}

/** Judges the beginning of an answer that broke off. */
export function judgeCut(world: World, plan: Plan, { reading }: Line, times: Times): Problem | undefined {
  const { partial } = reading;
  if (partial === undefined) return undefined;
  const echo = values(partial, "x-echo").join();
  const text = `${partial.startLine} ${JSON.stringify(partial.fields)} ${show(partial.body.subarray(0, 120))}`;
  if (echo !== "" && echo !== expectedEcho(plan)) return ["a cut answer to another request", text];
  const wanted = answerBody(plan, expectedEcho(plan));
  if (echo !== "" && !isBodiless(plan) && !wanted.subarray(0, partial.body.length).equals(partial.body))
    return ["other bytes in a cut answer", text];
  return mayCut(world, plan, times)
    ? undefined
    : ["an answer that was cut", `${partial.body.length} of ${wanted.length} bytes: ${text}`];
}

/** Whether the answer to it may break off, or never begin. */
export const mayCut = (world: World, plan: Plan, { from, to }: Times): boolean =>
  plan.cuts || (plan.route === "mortal" && world.wasDead(from, to)) || to > world.drainAt + drainMs - 300;

/** GATEWAY_DRAIN_MS and GATEWAY_DRAIN_DELAY_MS of every epoch. */
export const drainMs = 4_000;
export const drainDelayMs = 500;

/** An interim answer in a request's place. */
export function judgeInterim(plan: Plan, message: Message): Problem | undefined {
  const status = statusOf(message);
  const text = `${message.startLine} ${JSON.stringify(message.fields)}`;
  if (plan.minor === 0) return ["an interim answer to HTTP/1.0", text];
  if (status === 100)
    return plan.fields.includes("Expect: 100-continue") ? undefined : ["100 that nobody expects", text];
  if (status === 103 && plan.act.interim && values(message, "x-interim").join() === plan.id) return undefined;
  return ["an interim answer to another request", text];
}

export const describe = (plan: Plan): string => `${JSON.stringify(plan)}${isSound(plan) ? " (sound)" : ""}`;
