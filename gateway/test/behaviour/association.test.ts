import { expect, test } from "vitest";
import { pause } from "../support/client.ts";
import { accepted, handshake } from "../support/frames.ts";
import { type Message, statusOf } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import type { Answer } from "../support/upstream.ts";
import { get, head, post } from "../support/verdict.ts";

const gateway = suiteGateway({
  slots: 1,
  env: { GATEWAY_BODY_TIMEOUT_MS: "1000", GATEWAY_RESPONSE_TIMEOUT_MS: "2000", GATEWAY_LINGER_MS: "200" },
  route: { concurrency: { max: 30, queue: 100, queue_ms: 2_000 } },
});

/** Numbers from a seed, so that what was seen once is seen again. */
function numbers(seed: number): { pick: <T>(from: readonly T[]) => T; chance: (of: number) => boolean } {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return { pick: (from) => from[Math.floor(next() * from.length)] as never, chance: (of) => next() < of };
}

/** One request, its method, and the id its answer must name; none where the gateway answers itself. */
interface Sent {
  readonly bytes: string;
  readonly method: string;
  readonly id?: string;
  /** Nothing may follow it on its connection. */
  readonly last?: boolean;
}

const kinds: readonly ((prefix: string, socket: string, id: string) => Sent)[] = [
  (p, _s, id) => ({ bytes: get(`${p}/${id}`), method: "GET", id }),
  (p, _s, id) => ({ bytes: head("HEAD", `${p}/${id}`), method: "HEAD" }),
  (p, _s, id) => ({ bytes: post(`${p}/${id}`, "hello", "Content-Length: 5"), method: "POST", id }),
  (p, _s, id) => ({
    bytes: post(`${p}/${id}`, "5\r\nhello\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
    method: "POST",
    id,
  }),
  (p, _s, id) => ({
    bytes: post(`${p}/${id}`, "hello", "Content-Length: 5", "Expect: 100-continue"),
    method: "POST",
    id,
  }),
  (p, _s, id) => ({ bytes: `${head("GET", `${p}/${id}`, "Content-Length: 5")}hello`, method: "GET", id }),
  () => ({ bytes: get("/nowhere"), method: "GET" }),
  () => ({ bytes: get("/_gateway/health"), method: "GET" }),
  (p, _s, id) => ({ bytes: get(`${p}/${id}`, "Connection: close"), method: "GET", id, last: true }),
  (p, _s, id) => ({
    bytes: get(`${p}/${id}`, "Connection: Upgrade", "Upgrade: h2c"),
    method: "GET",
    id,
    last: true,
  }),
  (p, _s, id) => ({
    bytes: get(`${p}/${id}`).replace("HTTP/1.1", "HTTP/1.0"),
    method: "GET",
    id,
    last: true,
  }),
  (p, _s, id) => ({
    bytes: post(`${p}/${id}`, "5\r\nhello\r\nZZ\r\n", "Transfer-Encoding: chunked"),
    method: "POST",
    id,
    last: true,
  }),
  (_p, s, id) => ({ bytes: `${handshake(`${s}/${id}`)}frames`, method: "GET", id, last: true }),
  () => ({ bytes: "CONNECT inner:1 HTTP/1.1\r\nHost: inner:1\r\n\r\n", method: "CONNECT", last: true }),
];

/** Answers with the id that was asked for, in every way an answer can be framed, soon or late; some break off. */
function echo(seed: number): Answer {
  const { pick, chance } = numbers(seed);
  return ({ socket }, { startLine, fields }) => {
    const [method, target = ""] = startLine.split(" ");
    const id = target.split("/").at(-1) as string;
    const body = method === "HEAD" ? "" : `${id}|`.padEnd(pick([10, 1_000, 9_000, 70_000]), "x");
    const length = method === "HEAD" ? 10 : body.length;
    const chunks = method === "HEAD" ? "" : `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const upgrade = fields.some(([name]) => name.toLowerCase() === "upgrade");
    const plain = `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n${body}`;
    const write = pick([
      () => socket.write(plain),
      () => socket.write(plain),
      () => socket.write(`HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n${plain}`),
      () => socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`),
      () => socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${body}`),
      () => (chance(0.3) ? socket.resetAndDestroy() : socket.write(plain)),
      () => socket.write(upgrade && chance(0.7) ? accepted() : plain),
    ]);
    if (chance(0.5)) write();
    else setTimeout(() => socket.destroyed || write(), pick([1, 5, 20]));
  };
}

/** Compares the answers in order with the requests; says what is wrong. */
function misplaced(answers: readonly Message[], sent: readonly Sent[]): string[] {
  const finals = answers.filter((answer) => statusOf(answer) >= 200 || statusOf(answer) === 101);
  return finals.flatMap((answer, i) => {
    const asked = sent[i];
    const named = answer.body.toString("latin1", 0, 20).split("|", 2);
    if (asked === undefined) return statusOf(answer) < 400 ? [`answer ${i} to no request`] : [];
    if (statusOf(answer) !== 200 || named.length < 2) return [];
    return named[0] === asked.id ? [] : [`${asked.id ?? asked.bytes.split(" HTTP")[0]} got ${named[0]}`];
  });
}

test.each([1, 2, 3])(
  "must: every answer goes to its own request, whatever is sent and answered (cross-talk; seed %i)",
  async (seed) => {
    const { upstream, prefix, socket } = gateway.slots[0] as (typeof gateway.slots)[0];
    upstream.answer = echo(seed);
    const { pick, chance } = numbers(seed * 7_919);
    let asked = 0;
    let judged = 0;
    const wrong: string[] = [];
    const one = async () => {
      const sent: Sent[] = [];
      for (let left = pick([1, 2, 5, 25]); left > 0 && sent.at(-1)?.last !== true; left--)
        sent.push(pick(kinds)(prefix, socket, `r${seed}-${++asked}`));
      const client = gateway.open();
      client.methods = sent.map(({ method }) => method);
      const bytes = sent.map(({ bytes }) => bytes).join("");
      // In one piece, or cut anywhere.
      for (let at = 0; at < bytes.length; ) {
        const size = chance(0.6) ? bytes.length : pick([1, 7, 40, 200]);
        client.send(bytes.slice(at, at + size));
        at += size;
        if (chance(0.2)) await pause(2);
      }
      if (chance(0.1)) client.socket.end();
      await client.until(() => client.closed, pick([50, 150, 300]));
      const { answers } = client;
      judged += answers.length;
      wrong.push(...misplaced(answers, sent));
      if (chance(0.5)) client.socket.resetAndDestroy();
      else client.destroy();
    };
    await Promise.all(
      Array.from({ length: 12 }, async () => {
        for (let i = 0; i < 12; i++) await one();
      }),
    );
    expect(wrong).toEqual([]);
    // A floor: sound requests are answered, or nothing was judged.
    expect(judged).toBeGreaterThan(100);
    expect(gateway.crashes).toBe(0);
  },
);
