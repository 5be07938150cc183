import { Gateway, type Slot } from "../support/gateway.ts";
import { Upstream } from "../support/upstream.ts";
import { fuzzPath } from "./paths.ts";
import { Random } from "./random.ts";
import { forget, fuzzRequests } from "./requests.ts";
import { fuzzResponse } from "./responses.ts";

export interface FuzzOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly side: "requests" | "responses";
  /** Stops after so many findings. */
  readonly most?: number;
}

/** What a run found: each finding with the seed that shows it alone. */
export interface Findings {
  readonly runs: number;
  readonly findings: readonly string[];
  readonly summary: string;
}

/** Counted over all runs: sound messages, all of which arrived unless a finding says otherwise. */
export interface Totals {
  sound: number;
  /** Milliseconds. */
  slowest: number;
}

const lanes = 24;

/** Fuzzes the gateway for a bounded time. Run `i` depends on `seed + i` alone, so a finding is repeated by its own seed. */
export async function fuzz({ seed, seconds, side, most = 5 }: FuzzOptions): Promise<Findings> {
  const denied = await new Upstream().listen();
  const gateway = await Gateway.start({
    slots: lanes,
    // Paths on a route that denies some are read once more.
    routes: [
      {
        name: "deny",
        host: "127.0.0.1",
        port: denied.port,
        prefix: "/deny",
        strip_prefix: true,
        skip_prefix: [],
        deny: ["/denied"],
      },
    ],
    env: {
      // Long enough for an upstream of this process on a busy machine: a 504 that it did not earn is a finding.
      GATEWAY_RESPONSE_TIMEOUT_MS: "1000",
      GATEWAY_TUNNEL_IDLE_MS: "250",
      GATEWAY_BODY_TIMEOUT_MS: "2000",
    },
  });
  const end = Date.now() + seconds * 1_000;
  const findings: string[] = [];
  const total: Totals = { sound: 0, slowest: 0 };
  let runs = 0;
  let path: Promise<unknown> = Promise.resolve();
  const one = async (slot: Slot, random: Random, number: number) => {
    if (side === "responses") return fuzzResponse(gateway, slot, random, total);
    if (number % 25 !== 0) return fuzzRequests(gateway, slot, random, number, total);
    const prefix = random.chance(0.7) ? "/deny" : slot.prefix;
    // One at a time, so that none pays for another.
    const found = path.then(() => fuzzPath(gateway, prefix, random, number / 25));
    path = found.catch(() => undefined);
    const problem = await found;
    // Its requests are not judged here, and long.
    for (const upstream of [denied, slot.upstream]) forget(upstream);
    return problem;
  };
  const lane = async () => {
    const slot = gateway.slot();
    while (Date.now() < end && findings.length < most) {
      const number = seed + runs++;
      // A long run would gather a line for each of its requests.
      gateway.log.length = 0;
      const found = await one(slot, new Random(number), number);
      if (found !== undefined) findings.push(`seed ${number}: ${found}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: lanes }, lane));
  } finally {
    if (gateway.crashes > 0) findings.push(`the gateway died: ${gateway.stderr.slice(-1500)}`);
    await gateway.stop().catch(() => {});
    await denied.close();
  }
  // A gateway that refuses everything lets nothing wrong through, either.
  if (total.sound === 0 && findings.length === 0) findings.push("not one sound message in the whole run");
  return {
    runs,
    findings,
    summary: `${total.sound} had to arrive, the slowest took ${Math.round(total.slowest)} ms`,
  };
}
