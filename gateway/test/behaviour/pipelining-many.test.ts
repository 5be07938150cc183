import { describe, expect, test } from "vitest";
import { type Client, eventually, pause } from "../support/client.ts";
import { handshake } from "../support/frames.ts";
import { type Message, statusOf, values } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { ok } from "../support/upstream.ts";
import { expectServed, get, head, post } from "../support/verdict.ts";

const gateway = suiteGateway({ slots: 40, env: { GATEWAY_BODY_TIMEOUT_MS: "20000" } });

/** Answers with the target, the first request after a while. */
const named = (delayMs: number) => {
  let asked = 0;
  return ({ socket }: { socket: Client["socket"] }, { startLine }: Message) => {
    const target = startLine.split(" ")[1] as string;
    const answer = () => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${target.length}\r\n\r\n${target}`);
    if (asked++ === 0) setTimeout(answer, delayMs);
    else answer();
  };
};

/** Waits for so many answers without reading them again and again. */
async function counted(client: Client, count: number): Promise<void> {
  let seen = 0;
  client.socket.on("data", (chunk: Buffer) => {
    for (let at = chunk.indexOf("HTTP/1.1 "); at >= 0; at = chunk.indexOf("HTTP/1.1 ", at + 9)) seen++;
  });
  // A status line that is cut in two is not counted, so a few may be missing; the connection is quiet then.
  await client.until(() => client.closed || seen >= count, 10_000);
  await pause(100);
}

describe("pipelined requests without end", () => {
  test.each([
    ["of a service", (prefix: string, i: number) => get(`${prefix}/${i}`), 200],
    ["for no route", () => get("/nowhere"), 404],
    ["for the gateway itself", () => get("/_gateway/health"), 200],
    ["that are refused", (prefix: string) => head("TRACE", `${prefix}/x`), 405],
    [
      "without a body, by POST",
      (prefix: string, i: number) => post(`${prefix}/${i}`, "", "Content-Length: 0"),
      200,
    ],
  ])(
    "must: 2000 of them %s behind a slow one in one write: each has its answer, in order (RFC 9112 9.3.2)",
    async (_name, bytes, status) => {
      const { upstream, prefix } = gateway.slot();
      upstream.answer = named(300);
      const client = gateway.open();
      const all = Array.from({ length: 2_000 }, (_, i) => bytes(prefix, i)).join("");
      client.send(get(`${prefix}/slow`) + all);
      await counted(client, 2_001);
      const { answers } = client;
      expect(client.reading.error).toBeUndefined();
      expect(answers[0]?.body.toString()).toBe("/slow");
      // A refusal may end the connection, if it says so.
      if (answers.length < 2_001) {
        expect(client.closed).toBe(true);
        expect(values(answers.at(-1) as Message, "connection")).toEqual(["close"]);
        expect(status).toBe(405);
      }
      expect(new Set(answers.slice(1).map(statusOf))).toEqual(new Set([status]));
      if (status === 200 && !answers[1]?.body.includes("status"))
        expect(answers.slice(1).map(({ body }) => body.toString())).toEqual(
          Array.from({ length: 2_000 }, (_, i) => `/${i}`),
        );
      client.destroy();
      expect(gateway.crashes).toBe(0);
    },
  );

  test("must: 20000 refused ones do not end the process (CWE-674)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = named(500);
    const bystander = gateway.open();
    const client = gateway.open();
    client.send(get(`${prefix}/slow`) + "GET /n HTTP/1.1\r\nHost: a\r\n\r\n".repeat(20_000));
    await counted(client, 20_001);
    expect(gateway.crashes).toBe(0);
    bystander.send(get(`${prefix}/x`));
    expectServed(await bystander.settle(), "/x");
    client.destroy();
    bystander.destroy();
  });

  test.each([
    ["whose service does not answer", (prefix: string) => get(`${prefix}/x`)],
    ["for no route", () => get("/nowhere")],
    ["with bodies", (prefix: string) => post(`${prefix}/x`, "x".repeat(5_000), "Content-Length: 5000")],
    [
      "with Expect",
      (prefix: string) => post(`${prefix}/x`, "abc", "Content-Length: 3", "Expect: 100-continue"),
    ],
  ])("must: those %s take bounded memory, for reading stops (CWE-770)", async (_name, bytes) => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = () => {};
    const client = gateway.open().send(get(`${prefix}/slow`));
    await eventually(() => upstream.connections.length === 1, "the first at the upstream");
    const before = gateway.memory();
    const block = Buffer.from(bytes(prefix).repeat(Math.ceil(1_000_000 / bytes(prefix).length)), "latin1");
    // 60 MB of requests; a gateway that takes them all needs several times that.
    for (let sent = 0; sent < 60 && !client.closed; sent++) {
      if (client.socket.writableLength > 4_000_000) break;
      client.send(block);
      await pause(15);
    }
    await pause(200);
    expect(gateway.memory() - before).toBeLessThan(100 << 20);
    expect(upstream.connections.length).toBeLessThanOrEqual(17);
    client.destroy();
  });

  test("must: a client that takes no answers stops what is begun for it (bounded memory)", async () => {
    const { upstream, prefix } = gateway.slot();
    let begun = 0;
    upstream.answer = ({ socket }) => {
      begun++;
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
      socket.write(Buffer.alloc(1_000_000, "x"));
    };
    const before = gateway.memory();
    const client = gateway.open({ paused: true }).send(get(`${prefix}/x`).repeat(1_000));
    await pause(1_500);
    expect(gateway.memory() - before).toBeLessThan(100 << 20);
    expect(begun).toBeLessThan(100);
    client.destroy();
  });

  test("must: answers of some KB go on when the client takes them again, and no sooner", async () => {
    const { upstream, prefix } = gateway.slot();
    let begun = 0;
    upstream.answer = ({ socket }) => {
      begun++;
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 8000\r\n\r\n${"x".repeat(8_000)}`);
    };
    const client = gateway.open({ paused: true }).send(get(`${prefix}/x`).repeat(4_000));
    let before = -1;
    while (before < begun) {
      before = begun;
      await pause(300);
    }
    // What the kernel holds for a socket, and not the 32 MB of all.
    expect(begun).toBeLessThan(3_000);
    client.socket.resume();
    await counted(client, 4_000);
    expect(begun).toBe(4_000);
    client.destroy();
  });

  test("must: small answers that nobody takes stop what is begun too", async () => {
    const { upstream, prefix } = gateway.slot();
    let begun = 0;
    upstream.answer = (connection, request, index) => {
      begun++;
      ok(connection, request, index);
    };
    const before = gateway.memory();
    const client = gateway.open({ paused: true });
    const block = get(`${prefix}/x`).repeat(5_000);
    for (let i = 0; i < 40; i++) {
      if (client.socket.writableLength < 4_000_000) client.send(block);
      await pause(40);
    }
    expect(gateway.memory() - before).toBeLessThan(100 << 20);
    expect(begun).toBeGreaterThan(16);
    client.destroy();
  });
});

describe.concurrent("what waits its turn (RFC 9112 9.3.2)", () => {
  test("must: a handshake behind a slow request is answered after it", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = named(300);
    const received = await gateway.exchange(get(`${prefix}/first`) + handshake("/nowhere"), 2);
    expect(received.answers.map(statusOf)).toEqual([200, 404]);
    expect(received.answers[0]?.body.toString()).toBe("/first");
  });

  test("must: bytes that are no request, behind a slow one, are answered after it", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = named(300);
    const received = await gateway.exchange(`${get(`${prefix}/first`)}no request\r\n\r\n`, 2);
    expect(received.answers.map(statusOf)).toEqual([200, 400]);
    expect(received.closed).toBe(true);
  });
});
