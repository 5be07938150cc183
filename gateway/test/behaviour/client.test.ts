import { describe, expect, test } from "vitest";
import { eventually, pause } from "../support/client.ts";
import { statusOf } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { ok } from "../support/upstream.ts";
import { expectProblem, expectServed, get, head, onlyAnswer, post } from "../support/verdict.ts";

const gateway = suiteGateway({ slots: 20 });

describe.concurrent("streams", () => {
  test("must: server-sent events: first event arrives before the second is sent (SSE; nginx buffering)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }) =>
      socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
    const client = gateway.open().send(get(`${prefix}/events`));
    // Even the head alone.
    expect(await client.until(() => client.text.includes("text/event-stream"), 3_000)).toBe(true);
    for (const event of ["data: 1\n\n", "data: 2\n\n"]) {
      upstream.connections[0]?.socket.write(event);
      expect(await client.until(() => client.text.includes(event), 3_000)).toBe(true);
    }
    client.destroy();
    await eventually(() => upstream.connections[0]?.ended === true, "the upstream connection is closed");
  });

  test("must: an upload arrives piece by piece, not gathered (streaming)", async () => {
    const { upstream, prefix } = gateway.slot();
    const client = gateway.open().send(head("POST", `${prefix}/x`, "Transfer-Encoding: chunked"));
    for (const piece of ["one", "two"]) {
      client.send(`3\r\n${piece}\r\n`);
      await eventually(() => upstream.bytes.includes(piece), `${piece} at the upstream`, 3_000);
    }
    client.send("0\r\n\r\n");
    expectServed(await client.settle());
    expect(upstream.requests.map(({ body }) => body.toString())).toEqual(["onetwo"]);
    client.destroy();
  });

  test("should: upstream answers 413 during the upload: client gets it (RFC 9112 9.5)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.onBytes = ({ socket }) =>
      socket.end("HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig");
    const client = gateway.open().send(head("POST", `${prefix}/x`, "Content-Length: 5000000"));
    client.send("x".repeat(100_000));
    const received = await client.settle();
    expect(statusOf(onlyAnswer(received))).toBe(413);
    expect(onlyAnswer(received).body.toString()).toBe("big");
    // The rest of the body may not be read as a request.
    client.send(get(`${prefix}/smuggled`));
    await client.until(() => client.closed, 2_000);
    expect(upstream.bytes.includes("smuggled")).toBe(false);
    client.destroy();
  });
});

describe.concurrent("clients that leave", () => {
  test.each([
    ["chunked, by FIN", "Transfer-Encoding: chunked", "3\r\nabc\r\n", false],
    ["chunked, by RST", "Transfer-Encoding: chunked", "3\r\nabc\r\n", true],
    ["length, by FIN", "Content-Length: 10", "abc", false],
    ["length, by RST", "Content-Length: 10", "abc", true],
  ])(
    "must: client abort mid-upload (%s): upstream never sees a complete request and its connection is closed (RFC 9112 8)",
    async (_name, field, part, reset) => {
      const { upstream, prefix } = gateway.slot();
      const client = gateway.open().send(post(`${prefix}/x`, part, field));
      await eventually(() => upstream.bytes.includes("abc"), "the beginning at the upstream");
      if (reset) client.socket.resetAndDestroy();
      else client.destroy();
      await eventually(() => upstream.connections[0]?.ended === true, "the upstream connection is closed");
      expect(upstream.complete).toEqual([]);
    },
  );

  test("should: client gone while waiting: upstream connection closed (Envoy; nginx proxy_ignore_client_abort off)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = () => {};
    const client = gateway.open().send(get(`${prefix}/x`));
    await eventually(() => upstream.connections[0]?.answered === 1, "the request at the upstream");
    client.destroy();
    await eventually(
      () => upstream.connections[0]?.ended === true,
      "the upstream connection is closed",
      3_000,
    );
  });

  test("must: client gone mid-answer: upstream connection closed, not reused (cross-talk)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
    const client = gateway.open().send(get(`${prefix}/x`));
    await client.until(() => client.text.includes("abc"));
    client.destroy();
    await eventually(
      () => upstream.connections[0]?.ended === true,
      "the upstream connection is closed",
      3_000,
    );
    upstream.answer = ok;
    expectServed(await gateway.exchange(get(`${prefix}/y`)));
  });
});

describe("pressure and leaks", () => {
  const chunk = Buffer.alloc(1 << 16, "x");
  test("must: client does not read: gateway stops reading the upstream (bounded memory) (Envoy watermark buffers; Node pipe)", async () => {
    const { upstream, prefix } = gateway.slot();
    let taken = 0;
    upstream.answer = ({ socket }) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
      const more = () => {
        while (!socket.destroyed && taken < 400 << 20) {
          taken += chunk.length;
          if (!socket.write(chunk)) return socket.once("drain", more);
        }
        return undefined;
      };
      more();
    };
    const before = gateway.memory();
    const client = gateway.open({ paused: true });
    client.send(get(`${prefix}/x`));
    await eventually(() => taken > 0, "the answer begins");
    let last = -1;
    while (taken !== last) {
      last = taken;
      await pause(400);
    }
    // What the kernel's buffers on both sides hold, and no more.
    expect(taken).toBeLessThan(40 << 20);
    expect(gateway.memory() - before).toBeLessThan(48 << 20);
    // Nobody else is delayed meanwhile.
    upstream.answer = ok;
    const start = Date.now();
    expectServed(await gateway.exchange(get(`${prefix}/y`)));
    expect(Date.now() - start).toBeLessThan(1_000);
    client.destroy();
    await eventually(() => upstream.connections[0]?.ended === true, "the upstream connection is closed");
  });

  test("must: upstream does not read: gateway stops reading the client (bounded memory) (Envoy watermark buffers)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.onConnection = ({ socket }) => socket.pause();
    const before = gateway.memory();
    const client = gateway.open();
    client.send(head("POST", `${prefix}/x`, "Content-Length: 33000000"));
    const big = Buffer.alloc(33_000_000, "x");
    let sent = 0;
    for (; sent < big.length && !client.closed; sent += chunk.length)
      if (!client.socket.write(big.subarray(sent, sent + chunk.length)))
        if (
          !(await Promise.race([
            new Promise((resolve) => client.socket.once("drain", () => resolve(true))),
            pause(700),
          ]))
        )
          break;
    expect(sent).toBeLessThan(30_000_000);
    expect(gateway.memory() - before).toBeLessThan(24 << 20);
    client.destroy();
  });

  test("must: slow reader gets the whole body; nobody else is delayed (back-pressure)", async () => {
    const { upstream, prefix } = gateway.slot();
    const body = Buffer.alloc(24 << 20);
    for (let i = 0; i < body.length; i += 4) body.writeUInt32LE(i, i);
    upstream.answer = ({ socket }, { startLine }) => {
      if (!startLine.includes("/big")) return ok({ socket } as never, {} as never, 0);
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
      // One by one, and smaller than what a socket holds before it asks to wait: the gateway reads the next piece while
      // the client has not taken the last.
      const piece = 48_000;
      const more = (at: number): void => {
        if (at >= body.length || socket.destroyed) return;
        const wait = !socket.write(body.subarray(at, at + piece));
        if (wait) socket.once("drain", () => setTimeout(more, 1, at + piece));
        else setTimeout(more, 1, at + piece);
      };
      return more(0);
    };
    const client = gateway.open({ paused: true });
    client.send(get(`${prefix}/big`));
    const parts: Buffer[] = [];
    let length = 0;
    let slowest = 0;
    client.socket.on("data", (part: Buffer) => {
      parts.push(part);
      length += part.length;
      if (parts.length % 4 === 0) {
        client.socket.pause();
        setTimeout(() => client.socket.resume(), 5);
      }
    });
    // At first not at all, so that the kernel's buffers are full and the gateway has to hold what it writes.
    client.socket.pause();
    setTimeout(() => client.socket.resume(), 700);
    while (!client.closed && length < body.length) {
      const start = Date.now();
      expectServed(await gateway.exchange(get(`${prefix}/small`)));
      slowest = Math.max(slowest, Date.now() - start);
    }
    const whole = Buffer.concat(parts);
    expect(whole.subarray(whole.indexOf("\r\n\r\n") + 4).equals(body)).toBe(true);
    expect(slowest).toBeLessThan(1_500);
    client.destroy();
  });

  test("should: 300 aborted requests leave no open files behind (leaks; http-party #766)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }, { startLine }) => {
      if (startLine.includes("/half")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
    };
    await gateway.exchange(get("/nowhere"));
    await pause(200);
    const before = gateway.openFiles();
    for (let round = 0; round < 10; round++) {
      const clients = Array.from({ length: 30 }, (_, i) =>
        gateway
          .open()
          .send(
            [
              get(`${prefix}/wait`),
              get(`${prefix}/half`),
              post(`${prefix}/x`, "3\r\nabc\r\n", "Transfer-Encoding: chunked"),
            ][i % 3] as string,
          ),
      );
      await eventually(
        () => upstream.connections.filter(({ bytes }) => bytes.length > 0).length >= 30 * (round + 1),
        "all at the upstream",
      );
      for (const [i, client] of clients.entries())
        if (i % 2) client.socket.resetAndDestroy();
        else client.destroy();
    }
    await eventually(() => gateway.openFiles() <= before + 3, "the open files are as many as before", 5_000);
    await eventually(() => upstream.connections.every(({ ended }) => ended), "no upstream is held", 5_000);
  });

  test("must: none of this left the gateway harmed", async () => {
    const { prefix } = gateway.slot();
    expectServed(await gateway.exchange(get(`${prefix}/x`)));
    expectProblem(onlyAnswer(await gateway.exchange(get("/nowhere"))), 404);
    // Nor does anything of it remain: a connection to each upstream at most, and what every process has open.
    await eventually(() => gateway.openFiles() < 60, "the connections of all these cases are closed", 5_000);
    expect(gateway.crashes).toBe(0);
  });
});
