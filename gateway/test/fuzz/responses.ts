import { Client } from "../support/client.ts";
import type { Gateway, Slot } from "../support/gateway.ts";
import { isNamed, type Message, readResponses, statusOf, values } from "../support/strict.ts";
import { show } from "../support/upstream.ts";
import { mustBeDelivered } from "./floor.ts";
import type { Totals } from "./fuzz.ts";
import { fuzzedResponse } from "./messages.ts";
import type { Random } from "./random.ts";
import { forget } from "./requests.ts";

/** The same bytes without what may be forgiven in the final head: a missing last space, a length said twice. */
function forgive(answer: string): string {
  const interim = /^(?:HTTP\/1\.1 1\d\d[^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n)*/.exec(answer)?.[0] ?? "";
  const final = answer.slice(interim.length);
  const end = final.indexOf("\r\n\r\n");
  if (end < 0) return answer;
  const head = final
    .slice(0, end + 2)
    .replace(/^(HTTP\/1\.[01] [1-9]\d\d)(?=\r\n)/, "$1 ")
    .replace(
      /(?<=\r\n)(content-length:[ \t]*)0*(\d+)([ \t]*\r\n)([\s\S]*?\r\n|)content-length:[ \t]*0*\2[ \t]*(?=\r\n)/i,
      "$1$2$3$4X-Was: length",
    );
  return interim + head + final.slice(end + 2);
}

/**
 * Answers one request with fuzzed bytes in random pieces; the client must get what a strict reading of them says, or a
 * refusal, or a broken answer, and the next client must not notice. Two leniencies, both safe since the gateway writes
 * the head anew: a status line may lack its last space, and equal lengths may be repeated.
 * @returns what is wrong, or undefined.
 */
export async function fuzzResponse(
  gateway: Gateway,
  slot: Slot,
  random: Random,
  total: Totals,
): Promise<string | undefined> {
  const { upstream, prefix } = slot;
  forget(upstream);
  const method = random.pick(["GET", "GET", "HEAD", "POST"]);
  const answer = fuzzedResponse(random);
  const ends = random.chance(0.8);
  upstream.answer = async ({ socket }) => {
    for (const piece of random.cut(Buffer.from(answer, "latin1"))) {
      socket.write(piece);
      if (random.chance(0.5)) await new Promise((resolve) => setImmediate(resolve));
    }
    if (ends) socket.end();
  };
  const client = new Client(gateway.port);
  client.methods = [method];
  const from = performance.now();
  client.send(`${method} ${prefix}/x HTTP/1.1\r\nHost: gw\r\nContent-Length: 0\r\n\r\n`);
  const finals = () => client.answers.filter(({ startLine }) => !startLine.startsWith("HTTP/1.1 1"));
  const settled = await client.until(() => client.closed || finals().length > 0, 3_000);
  const took = performance.now() - from;
  const { reading } = client;
  client.destroy();
  const strict = readResponses(Buffer.from(forgive(answer), "latin1"), [method], ends);
  const wanted: Omit<Message, "trailers"> | undefined =
    strict.messages.find((message) => statusOf(message) >= 200) ??
    // Trailers are dropped, so their spelling does not matter.
    (strict.error?.startsWith("field line") === true ? strict.partial : undefined);
  const [got] = finals();
  const problem = (what: string): string =>
    `${what}\n  ${method} answered ${JSON.stringify(answer)}${ends ? ", then the end" : ""}\n  the client got ${show(client.bytes)}\n  strict reading: ${strict.messages.length} answers${strict.error ? `, then ${strict.error}` : ""}`;
  if (!settled) return problem("the client waits for ever");
  if (reading.error !== undefined) return problem(`the client got what is no HTTP: ${reading.error}`);
  if (reading.rest.length > 0 && got !== undefined) return problem("bytes after the answer");
  const own = got !== undefined && values(got, "content-type")[0] === "application/problem+json";
  if (mustBeDelivered(answer, method, ends)) {
    total.sound++;
    total.slowest = Math.max(total.slowest, took);
    if (got === undefined || own) return problem("a sound answer was not delivered");
  }
  if (got !== undefined && !own) {
    if (wanted === undefined) return problem("an answer that a strict reading does not find");
    if (statusOf(got) !== statusOf(wanted))
      return problem(`status ${statusOf(wanted)} became ${statusOf(got)}`);
    if (!got.body.equals(wanted.body)) return problem(`body ${show(wanted.body)} became ${show(got.body)}`);
    if (
      values(got, "connection").length === 0 &&
      JSON.stringify(values(got, "x-fz")) !==
        JSON.stringify(isNamed(wanted, "x-fz") ? [] : values(wanted, "x-fz"))
    )
      return problem("fields differ");
  }
  if (got === undefined && reading.partial !== undefined) {
    const whole = wanted?.body ?? strict.partial?.body;
    if (whole === undefined) return problem("the beginning of an answer that is none");
    if (!whole.subarray(0, reading.partial.body.length).equals(reading.partial.body))
      return problem("a broken answer with other bytes");
  }
  // The next one must not get anything of this.
  upstream.answer = ({ socket }) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nclean");
  const next = await gateway.exchangeQuick(`GET ${prefix}/next HTTP/1.1\r\nHost: gw\r\n\r\n`);
  if (next.answers.length !== 1 || next.answers[0]?.body.toString() !== "clean")
    return problem(`the next client got ${show(next.bytes)}`);
  return undefined;
}
