import { Client, pause } from "../support/client.ts";
import type { Gateway, Slot } from "../support/gateway.ts";
import { isNamed, isSound, type Message, readAsServer, readRequests, values } from "../support/strict.ts";
import { type Answer, show, type Upstream } from "../support/upstream.ts";
import { budgetMs, mustBeServed } from "./floor.ts";
import type { Totals } from "./fuzz.ts";
import { fuzzedRequest } from "./messages.ts";
import type { Random } from "./random.ts";

/** Fields the generator sends that must arrive as they were sent. */
const kept = (message: Message): string[] => (isNamed(message, "x-fz") ? [] : values(message, "x-fz"));

/**
 * Forgets what an upstream has received. A connection that ended or holds an unfinished request of the last run says
 * nothing of the next one.
 */
export function forget(upstream: Upstream): void {
  for (const connection of upstream.connections.splice(0)) {
    const { rest } = readRequests(connection.bytes);
    if (connection.ended || rest.length > 0) connection.socket.destroy();
    else {
      connection.bytes = Buffer.alloc(0);
      connection.answered = 0;
      upstream.connections.push(connection);
    }
  }
}

/** 200 with a body of two bytes, and without one for HEAD. */
const ok: Answer = ({ socket }, { startLine }) =>
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n${startLine.startsWith("HEAD ") ? "" : "ok"}`);

/**
 * Sends one stream of fuzzed requests in random pieces and compares what the upstream got with a strict reading of it:
 * nothing else may arrive, and what is sound must, with a 200 for each.
 * @returns what is wrong, or undefined.
 */
export async function fuzzRequests(
  gateway: Gateway,
  slot: Slot,
  random: Random,
  run: number,
  total: Totals,
): Promise<string | undefined> {
  const { upstream, prefix } = slot;
  forget(upstream);
  upstream.answer = ok;
  // Names of neighbouring runs differ in many places: no damaged byte turns one into that of a straggler.
  const name = (Math.imul(run, 0x9e3779b1) >>> 0).toString(36);
  let sent = "";
  for (let i = 0, count = 1 + random.below(3); i < count; i++)
    sent += fuzzedRequest(random, `${prefix}/r${name}-${i}`);
  const stream = Buffer.from(sent, "latin1");
  const strict = readAsServer(stream);
  const sound = mustBeServed(stream, prefix);
  const client = new Client(gateway.port);
  client.methods = strict.messages.map(({ startLine }) => startLine.split(" ", 1)[0] as string);
  for (const piece of random.cut(stream)) {
    client.send(piece);
    if (random.chance(0.5)) await new Promise((resolve) => setImmediate(resolve));
  }
  const from = performance.now();
  const answers = () => client.answers.filter(({ startLine }) => !startLine.startsWith("HTTP/1.1 1"));
  const finals = () => answers().length;
  await client.until(() => client.closed || finals() >= sound, budgetMs);
  total.sound += sound;
  total.slowest = Math.max(total.slowest, performance.now() - from);
  await client.until(
    () => client.closed || finals() >= strict.messages.length + (strict.error === undefined ? 0 : 1),
    400,
  );
  await pause(4);
  // A refusal of bytes that are no request may have a body though they began with HEAD; the connection ends with it.
  const { reading } = client;
  const mayEnd = reading.error !== undefined && sent.includes("HEAD");
  const refusedHead =
    mayEnd && (strict.error !== undefined || (await client.until(() => client.closed, 2_000)));
  client.destroy();
  const got: Message[] = [];
  for (const { bytes } of upstream.connections) {
    const at = readRequests(bytes);
    // What is not in this stream is a straggler of an earlier one, judged by nobody.
    got.push(
      ...at.messages.filter(({ startLine }) => sent.includes((startLine.split(" ")[1] ?? "").slice(1))),
    );
    if (at.error !== undefined)
      return problem(`the upstream got what is no HTTP: ${at.error}: ${show(at.rest)}`);
    const { partial } = at;
    if (
      partial !== undefined &&
      strict.rest.length === 0 &&
      strict.error === undefined &&
      got.length > strict.messages.length
    )
      return problem(`an unfinished request that nobody sent: ${show(at.rest)}`);
  }
  if (reading.error !== undefined && !refusedHead)
    return problem(`the client got what is no HTTP: ${reading.error}: ${show(client.bytes)}`);
  if (got.length > strict.messages.length)
    return problem(
      `${got.length} requests arrived, ${strict.messages.length} were sent: ${got.map(({ startLine }) => startLine).join("; ")}`,
    );
  const refused = answers()
    .slice(0, sound)
    .find(({ startLine }) => startLine !== "HTTP/1.1 200 OK");
  if (refused !== undefined || finals() < sound)
    return problem(
      `${sound} must be served: ${refused?.startLine ?? `${finals()} were answered`}: ${show(client.bytes)}`,
    );
  const left = strict.messages.filter(isSound);
  for (const message of got) {
    const at = left.findIndex((one) => {
      const [method, target = ""] = one.startLine.split(/ +/);
      const path = target.replace(/^http:\/\/[^/]*/i, "").slice(prefix.length);
      return message.startLine === `${method} ${path} HTTP/1.1`;
    });
    if (at < 0) return problem(`a request that a strict reading does not find: ${message.startLine}`);
    const original = left.splice(at, 1)[0] as Message;
    if (!message.body.equals(original.body)) return problem(`its body became ${show(message.body)}`);
    if (message.trailers.length > 0) return problem("trailers were passed on");
    if (
      JSON.stringify(kept(original)) !==
      JSON.stringify(kept(original).length === 0 ? [] : values(message, "x-fz"))
    )
      return problem(
        `X-Fz ${JSON.stringify(kept(original))} became ${JSON.stringify(values(message, "x-fz"))}`,
      );
  }
  return undefined;

  function problem(what: string): string {
    return `${what}\n  sent ${JSON.stringify(sent)}\n  strict reading: ${strict.messages.length} requests${strict.error ? `, then ${strict.error}` : ""}`;
  }
}
