import { Client } from "../support/client.ts";
import type { Gateway } from "../support/gateway.ts";
import { statusOf } from "../support/strict.ts";
import { show } from "../support/upstream.ts";
import { budgetMs } from "./floor.ts";
import type { Random } from "./random.ts";

/** Milliseconds that a path may take; the second time, so that a busy machine is not taken for a slow path. */
const most = 400;
const pieces = [
  ";",
  "%",
  "%0a",
  ".",
  "/",
  "%2e",
  "%2f",
  "%25",
  "%3b",
  ";a=b",
  "..;",
  "/;",
  "a",
  "%c3",
  "\\",
  "//",
];

/** A path of up to 31 KB that a pattern may walk more than once: a few pieces over and over, then perhaps another. */
function hostilePath(random: Random): string {
  const unit = Array.from({ length: 1 + random.below(3) }, () => random.pick(pieces)).join("");
  const length = random.pick([1_000, 31_000, 31_000, 31_000]);
  const path = unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
  return `/${random.chance(0.5) ? random.pick(pieces) : ""}${path}${random.chance(0.5) ? random.pick(pieces) : ""}`;
}

/**
 * Sends a long path of a hostile shape. It may be served or refused, but not slowly: the time of one is taken from all.
 * @returns what is wrong, or undefined.
 */
export async function fuzzPath(
  gateway: Gateway,
  prefix: string,
  random: Random,
): Promise<string | undefined> {
  const path = hostilePath(random);
  const times: number[] = [];
  while (times.length < 2 && (times[0] ?? most) >= most) {
    const client = new Client(gateway.port);
    const from = performance.now();
    client.send(`GET ${prefix}${path} HTTP/1.1\r\nHost: gw\r\n\r\n`);
    await client.until(() => client.closed || client.answers.length > 0, budgetMs);
    times.push(performance.now() - from);
    const [answer] = client.answers;
    client.destroy();
    if (answer === undefined || ![200, 400, 404].includes(statusOf(answer)))
      return `a long path got ${show(client.bytes)}\n  ${prefix}${path.slice(0, 60)}… (${path.length})`;
  }
  if (Math.min(...times) < most) return undefined;
  return `a path took ${times.map(Math.round).join(" and ")} ms\n  ${prefix}${path.slice(0, 60)}… (${path.length})`;
}
