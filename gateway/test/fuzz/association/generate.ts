import type { Random } from "../random.ts";
import { brokenRequest } from "./broken.ts";
import type { Act, Plan } from "./plan.ts";
import { origin, smallest } from "./routes.ts";
import { complete } from "./sound.ts";

type Kind = (random: Random, draft: Pick<Plan, "id" | "seed">) => Plan;

/** An upstream that does something wrong, which its client may see in one way only. */
const odd: Kind = (random, draft) => {
  const plan = complete(random, { ...draft, route: "odd" });
  const how = random.pick(["cut", "cut", "cut", "garbage", "poison", "early", "early"] as const);
  const act: Act = { ...plan.act, how };
  const bodiless = plan.method === "HEAD" || act.status === 204 || act.status === 304;
  if (how === "cut")
    return {
      ...plan,
      // A body that lasts until the end looks whole wherever it ends; without any, only the head can break off.
      act: {
        ...act,
        framing: act.framing === "close" ? "chunked" : act.framing,
        at: bodiless ? act.at / 4 : act.at,
        size: act.size + 1,
      },
      refusals: { 502: "cut upstream" },
      serves: false,
      cuts: true,
      // Cut before a byte came, on a kept connection, is what a closed one looks like.
      repeats: repeatable(plan) ? 2 : 1,
    };
  if (how === "garbage") return { ...plan, act, refusals: { 502: "garbage" }, serves: false };
  if (how === "poison")
    // Small enough to be read at once: what comes later is another answer to anybody.
    return {
      ...plan,
      act: {
        ...act,
        framing: act.framing === "close" ? "length" : act.framing,
        size: act.size % 500,
        pieces: 0,
      },
      refusals: { 502: "left-over bytes" },
    };
  return { ...plan, act, closes: plan.body > 0 ? "may" : "no" };
};

const repeatable = ({ method, body }: Plan): boolean =>
  body < 0 && (method === "GET" || method === "HEAD" || method === "OPTIONS");

/** A kept connection that is closed as it is used: repeated when that is safe, else refused. */
const flaky: Kind = (random, draft) => {
  const plan = complete(random, { ...draft, route: "flaky", upstream: "flaky" });
  const act: Act = {
    ...plan.act,
    how: random.chance(0.4) ? "unannounced" : plan.act.how,
    dropsKept: random.chance(0.3),
  };
  return repeatable(plan)
    ? { ...plan, act, repeats: 2 }
    : { ...plan, act, refusals: { 502: "closed as it was used" } };
};

const kinds: readonly (readonly [weight: number, kind: Kind])[] = [
  [40, (random, draft) => complete(random, { ...draft, route: "p" })],
  [14, odd],
  [8, flaky],
  [8, (random, draft) => complete(random, { ...draft, route: "two", upstream: "two" })],
  [2, (random, draft) => complete(random, { ...draft, route: "slow", upstream: "slow" })],
  [6, (random, draft) => complete(random, { ...draft, route: "mortal", upstream: "mortal" })],
  [5, (random, draft) => complete(random, { ...draft, route: "gen", upstream: "main other" })],
  [6, (random, draft) => complete(random, { ...draft, route: "cors", fields: [`Origin: ${origin}`] })],
  [2, preflight],
  [4, (random, draft) => complete(random, { ...draft, route: "deny" })],
  [4, denied],
  [5, (random, draft) => complete(random, { ...draft, route: "rate", refusals: { 429: "rate limit" } })],
  [
    5,
    (random, draft) => {
      const plan = complete(random, {
        ...draft,
        route: "queue",
        upstream: "queue",
        refusals: { 503: "queue is full" },
      });
      // Long enough that others meet it there.
      return { ...plan, act: { ...plan.act, size: plan.act.size % 9_000, delay: 5 + plan.act.delay } };
    },
  ],
  [4, small],
  [1, silent],
  [2, own],
];
const total = kinds.reduce((sum, [weight]) => sum + weight, 0);

/** The next request of a connection that goes on. */
export function nextPlan(random: Random, draft: Pick<Plan, "id" | "seed">): Plan {
  let at = random.below(total);
  for (const [weight, kind] of kinds) {
    at -= weight;
    if (at < 0) return kind(random, draft);
  }
  throw new Error("not reached");
}

/** A request that ends its connection, or may. */
export function lastPlan(random: Random, draft: Pick<Plan, "id" | "seed">): Plan {
  const how = random.below(4);
  if (how === 0)
    return complete(random, { ...draft, route: "p", fields: ["Connection: close"], closes: "must" });
  if (how === 1) {
    const keeps = random.chance(0.5);
    return complete(random, {
      ...draft,
      route: "p",
      minor: 0,
      chunked: false,
      fields: keeps ? ["Connection: keep-alive"] : [],
      closes: keeps ? "may" : "must",
    });
  }
  return brokenRequest(random, draft);
}

function preflight(random: Random, draft: Pick<Plan, "id" | "seed">): Plan {
  const allowed = random.chance(0.6);
  return complete(random, {
    ...draft,
    route: "cors",
    method: "OPTIONS",
    body: -1,
    fields: [`Origin: ${allowed ? origin : "https://evil.example"}`, "Access-Control-Request-Method: GET"],
    arrives: undefined,
    serves: false,
    refusals: allowed ? { 204: "preflight" } : { 403: "preflight of another origin" },
  });
}

function denied(random: Random, draft: Pick<Plan, "id" | "seed">): Plan {
  const path = random.pick(["secret", "%73ecret", "SECRET", "secret;x", "secret/", "secret%2f"]);
  const elsewhere = random.chance(0.3);
  return complete(random, {
    ...draft,
    route: "deny",
    target: elsewhere ? `/none/${draft.id}` : `/deny/${path}/${draft.id}`,
    arrives: undefined,
    serves: false,
    refusals: { 404: elsewhere ? "no route" : "deny", ...(!elsewhere && { 400: "deny" }) },
  });
}

function small(random: Random, draft: Pick<Plan, "id" | "seed">): Plan {
  const plan = complete(random, { ...draft, route: "small" });
  const large = plan.body > smallest;
  return large
    ? { ...plan, arrives: undefined, serves: false, refusals: { 413: "body limit" }, closes: "may" }
    : plan;
}

function silent(random: Random, draft: Pick<Plan, "id" | "seed">): Plan {
  const plan = complete(random, { ...draft, route: "silent" });
  const act: Act = { ...plan.act, how: "silent" };
  return { ...plan, act, refusals: { 504: "silent upstream" }, serves: false };
}

function own(random: Random, draft: Pick<Plan, "id" | "seed">): Plan {
  const health = random.chance(0.5);
  return complete(random, {
    ...draft,
    route: "own",
    method: random.pick(["GET", "HEAD"]),
    target: `/_gateway/${health ? "health" : "ready"}`,
    arrives: undefined,
    serves: false,
    refusals: health ? { 200: "own path" } : { 200: "own path", 503: "own path" },
  });
}
