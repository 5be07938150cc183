import type { Random } from "../random.ts";
import type { Act, Plan } from "./plan.ts";

/** What is said of a plan before the rest follows from it. */
export type Draft = Partial<Plan> & Pick<Plan, "id" | "seed" | "route">;

const sizes = [0, 1, 10, 200, 1_000, 9_000, 17_000, 70_000, 300_000];

/** An upstream that answers as it should. */
export function soundAct(random: Random, method: string): Act {
  const how = random.chance(0.04) ? "last" : "whole";
  const status = random.chance(0.85) ? 200 : random.pick([201, 204, 304, 404, 500]);
  return {
    how,
    // 304 answers a conditional GET or HEAD alone.
    status: status === 304 && method !== "GET" && method !== "HEAD" ? 200 : status,
    framing: random.chance(0.5) ? "length" : random.chance(0.9) ? "chunked" : "close",
    size: random.pick(sizes),
    delay: random.chance(0.6) ? 0 : random.below(random.chance(0.1) ? 250 : 30),
    interim: random.chance(0.08),
    at: random.next(),
    resets: random.chance(0.5),
    pieces: random.chance(0.5) ? 0 : 1 + random.below(1_000_000),
    dropsKept: false,
  };
}

/** Fills a draft up with what is usual: a request that is sound as far as it says nothing else. */
export function complete(random: Random, draft: Draft): Plan {
  const { id, route } = draft;
  const method =
    draft.method ?? random.pick(["GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]);
  const withBody = method === "POST" || method === "PUT" || (method === "DELETE" && random.chance(0.3));
  const query = random.chance(0.2) ? `?q=${random.below(1_000)}` : "";
  const body = withBody ? random.pick([0, 1, 5, 300, 5_000, 30_000]) : -1;
  const fields = random.chance(0.2) ? [`X-Fz: ${random.below(1_000)}`] : [];
  // Behind Expect the body comes when it comes: a client need not wait for the 100 (RFC 9110 10.1.1).
  if (body > 0 && random.chance(0.1)) fields.push("Expect: 100-continue");
  return {
    method,
    minor: 1,
    target: `/${route}/${id}${query}`,
    arrives: `/${id}${query}`,
    upstream: "main",
    fields,
    body,
    chunked: random.chance(0.5),
    raw: undefined,
    act: soundAct(random, method),
    refusals: {},
    serves: true,
    cuts: false,
    closes: "no",
    repeats: 1,
    ...draft,
    seen: 0,
  };
}
