import { Client } from "../support/client.ts";
import type { Gateway } from "../support/gateway.ts";
import { statusOf } from "../support/strict.ts";
import { show } from "../support/upstream.ts";
import { budgetMs } from "./floor.ts";
import type { Random } from "./random.ts";

/** Milliseconds that a path may take; the second time, so that a busy machine is not taken for a slow path. */
const most = 400;
const pieces = [";", "%", "%0a", ".", "/", "%2e", "%2f", "%25", "%3b", "/;", "..;", "\\", "a"];
/** What a pattern looks for in vain until the end, or does not pass. */
const ends = ["%0a", "", "/", ";"];

/**
 * A path of up to 31 KB that a pattern may walk more than once: a piece over and over, then perhaps another.
 * @param turn each piece has its turn with each end, so that a short run has all; in between come mixtures.
 */
function hostilePath(random: Random, turn: number): string {
  const mixed = turn % 3 === 2;
  const one = pieces[Math.floor(turn / ends.length) % pieces.length] as string;
  const unit = mixed ? random.pick(pieces) + random.pick(pieces) : one;
  const length = mixed && random.chance(0.3) ? 1_000 : 31_000;
  const begin = mixed ? random.pick(["", "x/", ...pieces]) : "";
  const end = mixed ? random.pick([...ends, ...pieces]) : ends[turn % ends.length];
  return `/${begin}${unit.repeat(Math.ceil(length / unit.length)).slice(0, length)}${end}`;
}

/**
 * Sends a long path of a hostile shape. It may be served or refused, but not slowly: the time of one is taken from all.
 * @returns what is wrong, or undefined.
 */
export async function fuzzPath(
  gateway: Gateway,
  prefix: string,
  random: Random,
  turn: number,
): Promise<string | undefined> {
  const path = hostilePath(random, turn);
  const shown = `${prefix}${path.slice(0, 40)}…${path.slice(-10)} (${path.length} bytes)`;
  const times: number[] = [];
  while (times.length < 2 && (times[0] ?? most) >= most) {
    const client = new Client(gateway.port);
    const from = performance.now();
    client.send(`GET ${prefix}${path} HTTP/1.1\r\nHost: gw\r\n\r\n`);
    await client.until(() => client.closed || client.answers.length > 0, budgetMs);
    const took = performance.now() - from;
    times.push(took);
    const [answer] = client.answers;
    client.destroy();
    // While it takes that long, its own limits run out.
    if (took < most && (answer === undefined || ![200, 400, 404].includes(statusOf(answer))))
      return `a long path got ${show(client.bytes)}\n  ${shown}`;
  }
  if (Math.min(...times) < most) return undefined;
  return `a path took ${times.map(Math.round).join(" and ")} ms\n  ${shown}`;
}
