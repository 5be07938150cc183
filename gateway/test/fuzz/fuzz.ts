import { Gateway } from "../support/gateway.ts";
import { Random } from "./random.ts";
import { fuzzRequests } from "./requests.ts";
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

const lanes = 24;

/** Fuzzes the gateway for a bounded time. Run `i` depends on `seed + i` alone, so a finding is repeated by its own seed. */
export async function fuzz({ seed, seconds, side, most = 5 }: FuzzOptions): Promise<Findings> {
  const gateway = await Gateway.start({
    slots: lanes,
    env: {
      // Long enough for an upstream of this process on a busy machine: a 504 that it did not earn is a finding.
      GATEWAY_RESPONSE_TIMEOUT_MS: "1000",
      GATEWAY_TUNNEL_IDLE_MS: "250",
      GATEWAY_BODY_TIMEOUT_MS: "2000",
    },
  });
  const end = Date.now() + seconds * 1_000;
  const findings: string[] = [];
  let runs = 0;
  const lane = async () => {
    const slot = gateway.slot();
    while (Date.now() < end && findings.length < most) {
      const number = seed + runs++;
      // A long run would gather a line for each of its requests.
      gateway.log.length = 0;
      const random = new Random(number);
      const found =
        side === "requests"
          ? await fuzzRequests(gateway, slot, random, number)
          : await fuzzResponse(gateway, slot, random);
      if (found !== undefined) findings.push(`seed ${number}: ${found}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: lanes }, lane));
  } finally {
    if (gateway.crashes > 0) findings.push(`the gateway died: ${gateway.stderr.slice(-1500)}`);
    await gateway.stop().catch(() => {});
  }
  return { runs, findings, summary: "" };
}
