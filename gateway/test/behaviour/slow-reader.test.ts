import { describe, expect, test } from "vitest";
import { type Client, eventually, pause } from "../support/client.ts";
import { Gateway } from "../support/gateway.ts";
import { Load } from "../support/load.ts";
import { suiteGateway } from "../support/suite.ts";
import type { Answer } from "../support/upstream.ts";
import { get, head } from "../support/verdict.ts";

const gateway = suiteGateway({
  slots: 12,
  env: { GATEWAY_LINGER_MS: "200", GATEWAY_LINGER_MAX_MS: "400", GATEWAY_CLIENT_IDLE_MS: "300" },
});

/** An answer of as many bytes as the target says. */
const sized: Answer = ({ socket }, { startLine }) => {
  const size = Number(/\d+/.exec(startLine.split(" ")[1] as string)?.[0]);
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
  socket.write(Buffer.alloc(size, "x"));
};

/** Reads on, and says how many bytes of body came until the end or the wanted size. */
async function bodyOf(client: Client, size: number): Promise<number> {
  let bytes = 0;
  let head = "";
  client.socket.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (!head.includes("\r\n\r\n")) head += chunk.toString("latin1");
  });
  client.socket.resume();
  await client.until(() => client.closed || bytes > size + 10_000, 6_000);
  return bytes - (head.indexOf("\r\n\r\n") + 4);
}

// Around what the kernel takes from a writer whom nobody reads, so that the tail lies in the gateway.
const sizes = Array.from({ length: 8 }, (_, i) => 3_800_000 + i * 60_000);

describe.concurrent("a client that reads late", () => {
  test.each([
    ["Connection: close", (target: string) => get(target, "Connection: close")],
    ["HTTP/1.0", (target: string) => `GET ${target} HTTP/1.0\r\nHost: gw\r\n\r\n`],
  ])("must: gets the whole answer, although it is the last one (%s) (RFC 9112 9.6)", async (_name, bytes) => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = sized;
    const clients = sizes.map((size) => gateway.open({ paused: true }).send(bytes(`${prefix}/${size}`)));
    // Far longer than the linger and the idle limit.
    await pause(1_500);
    const got = await Promise.all(clients.map((client, i) => bodyOf(client, sizes[i] as number)));
    expect(got).toEqual(sizes);
    for (const client of clients) client.destroy();
  });

  test("must: gets the whole answer of an upstream that ends it by closing (RFC 9112 6.3)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.end(Buffer.alloc(4_000_000, "x"));
    };
    const client = gateway.open({ paused: true }).send(`GET ${prefix}/x HTTP/1.0\r\nHost: gw\r\n\r\n`);
    await pause(1_200);
    expect(await bodyOf(client, 4_000_000)).toBe(4_000_000);
    client.destroy();
  });

  test("must: gets it byte for byte, also what lay in the gateway while more arrived (CWE-362)", async () => {
    const { upstream, prefix } = gateway.slot();
    // Each is a read of its own, too large to be copied, and small enough that the gateway reads on behind it.
    const pieces = Array.from({ length: 300 }, (_, i) => Buffer.alloc(20_000, i));
    const body = Buffer.concat(pieces);
    upstream.answer = async ({ socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
      for (const piece of pieces) {
        await pause(2);
        socket.write(piece);
      }
    };
    const client = gateway.open({ paused: true }).send(get(`${prefix}/x`));
    await pause(1_500);
    const got: Buffer[] = [];
    client.socket.on("data", (chunk: Buffer) => got.push(chunk)).resume();
    const arrived = () => Buffer.concat(got).subarray(-body.length);
    await client.until(() => client.closed || got.reduce((sum, { length }) => sum + length, 0) > body.length);
    await pause(100);
    expect(arrived().equals(body)).toBe(true);
    client.destroy();
  });

  test("must: gets the whole of a large refusal of the upstream while it still uploads (RFC 9112 9.5)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.onBytes = (connection) => {
      if (connection.answered++ > 0) return;
      connection.socket.write("HTTP/1.1 413 Content Too Large\r\nContent-Length: 4000000\r\n\r\n");
      connection.socket.write(Buffer.alloc(4_000_000, "x"));
    };
    const client = gateway
      .open({ paused: true })
      .send(head("POST", `${prefix}/x`, "Content-Length: 5000000"));
    client.send("abc");
    await pause(1_200);
    expect(await bodyOf(client, 4_000_000)).toBe(4_000_000);
    client.destroy();
  });
});

describe("a client that takes nothing of its answer", () => {
  test.each([false, true])(
    "must: is cut off at its limit, its upstream too (under load: %s)",
    async (loaded) => {
      const own = await Gateway.start({ slots: 2, env: { GATEWAY_SEND_TIMEOUT_MS: "700" } });
      const { upstream, prefix } = own.slot();
      const load = loaded ? new Load(own, `${own.slot().prefix}/load`) : undefined;
      upstream.answer = sized;
      const clients = Array.from({ length: 5 }, () =>
        own.open({ paused: true }).send(get(`${prefix}/60000000`)),
      );
      try {
        await eventually(() => upstream.connections.length === 5, "the requests at the upstream");
        await eventually(() => upstream.connections.every(({ ended }) => ended), "they are given up", 10_000);
      } finally {
        load?.stop();
        for (const client of clients) client.destroy();
        await own.stop();
      }
    },
  );

  test("must: one that takes a little again and again is not (photos over 3G)", async () => {
    const own = await Gateway.start({ env: { GATEWAY_SEND_TIMEOUT_MS: "1500" } });
    const { upstream, prefix } = own.slot();
    upstream.answer = sized;
    const client = own.open({ paused: true }).send(get(`${prefix}/12000000`));
    let bytes = 0;
    client.socket.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      // The kernel keeps what was not asked for, so a pause per half a MiB lasts.
      if (bytes % 1_000_000 < chunk.length) {
        client.socket.pause();
        setTimeout(() => client.socket.resume(), 250);
      }
    });
    client.socket.resume();
    expect(await client.until(() => bytes > 12_000_000, 12_000)).toBe(true);
    client.destroy();
    await own.stop();
  });
});
