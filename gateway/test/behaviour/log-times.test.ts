import { describe, expect, test } from "vitest";
import { type Client, eventually, pause } from "../support/client.ts";
import { Gateway, type Line } from "../support/gateway.ts";
import { suiteGateway } from "../support/suite.ts";
import { ok } from "../support/upstream.ts";
import { expectServed, get, head, post } from "../support/verdict.ts";

const gateway = suiteGateway({
  slots: 24,
  route: { timeouts: { response_ms: 1_500 }, max_body_bytes: 1_000 },
  env: { GATEWAY_BODY_TIMEOUT_MS: "1500" },
});
/** The only line of a path. */
const lineOf = async (path: string): Promise<Record<string, number | string>> =>
  (await gateway.requestLines(path))[0] as Line as Record<string, number | string>;

/** Long enough to be told from what a busy machine needs for nothing. */
const slowMs = 1_000;

describe.concurrent("a request's line in the log says where its time went", () => {
  test("must: of a plain request: first byte and service; the connection's only where one was opened", async () => {
    const { prefix } = gateway.slot();
    for (const path of ["/first", "/second"]) expectServed(await gateway.exchange(get(prefix + path)));
    const first = await lineOf(`${prefix}/first`);
    const second = await lineOf(`${prefix}/second`);
    for (const line of [first, second]) {
      for (const name of ["firstByteMs", "upstreamMs"]) {
        expect(line[name], name).toBeGreaterThanOrEqual(0);
        expect(line[name], name).toBeLessThanOrEqual((line.ms as number) + 1);
      }
      for (const name of ["queueMs", "retries"]) expect(line).not.toHaveProperty(name);
    }
    expect(first.connectMs).toBeGreaterThanOrEqual(0);
    expect(second).not.toHaveProperty("connectMs");
  });

  test("must: a slow service: long until the first byte", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = (connection, request, index) =>
      void setTimeout(() => ok(connection, request, index), slowMs);
    expectServed(await gateway.exchange(get(`${prefix}/x`)));
    const { ms, firstByteMs, upstreamMs } = await lineOf(`${prefix}/x`);
    for (const time of [ms, firstByteMs, upstreamMs]) expect(time).toBeGreaterThan(slowMs * 0.9);
  });

  test("must: a service that answers soon and ends late", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no");
      setTimeout(() => socket.write("k"), slowMs);
    };
    expectServed(await gateway.exchange(get(`${prefix}/x`)));
    const { ms, firstByteMs, upstreamMs } = await lineOf(`${prefix}/x`);
    for (const time of [ms, upstreamMs]) expect(time).toBeGreaterThan(slowMs * 0.9);
    expect(firstByteMs).toBeLessThan((ms as number) / 2);
  });

  test("must: a client that takes its answer slowly: long in all, short at the service", async () => {
    const { upstream, prefix } = gateway.slot();
    const size = 24_000_000;
    upstream.answer = ({ socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
      socket.write(Buffer.alloc(size));
    };
    const client = gateway.open({ paused: true }).send(get(`${prefix}/x`));
    await pause(2 * slowMs);
    let bytes = 0;
    client.socket.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    client.socket.resume();
    await client.until(() => bytes > size);
    const { ms, firstByteMs, upstreamMs } = await lineOf(`${prefix}/x`);
    expect(ms).toBeGreaterThan(2 * slowMs * 0.9);
    expect(firstByteMs).toBeLessThan((ms as number) / 2);
    expect(upstreamMs).toBeLessThan((ms as number) / 2);
    client.destroy();
  });

  test("must: one that waited for a place says how long, others say nothing of it", async () => {
    const own = await Gateway.start({ route: { concurrency: { max: 1, queue: 1, queue_ms: 8_000 } } });
    const { upstream, prefix } = own.slot();
    upstream.answer = (connection, request, index) =>
      void setTimeout(() => ok(connection, request, index), slowMs);
    const first = own.open().send(get(`${prefix}/first`));
    await eventually(() => upstream.connections[0]?.answered === 1, "the first at the upstream");
    expectServed(await own.exchange(get(`${prefix}/second`)));
    const [line] = (await own.requestLines(`${prefix}/second`)) as [Record<string, number>];
    expect(line.queueMs).toBeGreaterThan(slowMs / 2);
    expect((await own.requestLines(`${prefix}/first`))[0]).not.toHaveProperty("queueMs");
    first.destroy();
    await own.stop();
  });

  test("must: one that was tried again says how often", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = (connection, request, index) => {
      if (upstream.connections.indexOf(connection) === 0 && index === 1) connection.socket.resetAndDestroy();
      else ok(connection, request, index);
    };
    for (const path of ["/first", "/again"]) expectServed(await gateway.exchange(get(prefix + path)));
    expect((await lineOf(`${prefix}/again`)).retries).toBe(1);
    expect(await lineOf(`${prefix}/first`)).not.toHaveProperty("retries");
  });
});

describe.concurrent("a request's line in the log says why it ended otherwise", () => {
  const ended = async (path: string) => (await lineOf(path)).close;
  const leave = async (client: Client, ready: () => boolean) => {
    await eventually(ready, "what comes before");
    client.destroy();
  };

  test("must: the client left while it waited", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = () => {};
    await leave(gateway.open().send(get(`${prefix}/x`)), () => upstream.connections[0]?.answered === 1);
    expect(await ended(`${prefix}/x`)).toBe("client");
  });

  test("must: the client left in the middle of its answer", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
    const client = gateway.open().send(get(`${prefix}/x`));
    await leave(client, () => client.text.includes("abc"));
    expect(await ended(`${prefix}/x`)).toBe("client");
  });

  test("must: the client left in the middle of its body", async () => {
    const { upstream, prefix } = gateway.slot();
    const client = gateway.open().send(post(`${prefix}/x`, "abc", "Content-Length: 10"));
    await leave(client, () => upstream.bytes.includes("abc"));
    expect(await ended(`${prefix}/x`)).toBe("client");
  });

  test("must: the service cut its answer", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
    await gateway.exchange(get(`${prefix}/x`));
    expect(await ended(`${prefix}/x`)).toBe("upstream");
  });

  test.each([
    ["the service does not answer", (p: string) => get(`${p}/x`)],
    ["the client's body stalls", (p: string) => post(`${p}/x`, "abc", "Content-Length: 10")],
  ])("must: a limit of time was reached: %s", async (_name, bytes) => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = () => {};
    await gateway.exchange(bytes(prefix));
    expect(await ended(`${prefix}/x`)).toBe("timeout");
  });

  test("must: a refusal that ends the connection", async () => {
    const { prefix } = gateway.slot();
    await gateway.exchange(head("POST", `${prefix}/x`, "Content-Length: 1001"));
    expect(await ended(`${prefix}/x`)).toBe("refused");
  });

  test("must: the gateway's own end", async () => {
    const own = await Gateway.start({ env: { GATEWAY_DRAIN_MS: "600", GATEWAY_DRAIN_DELAY_MS: "0" } });
    const { upstream, prefix } = own.slot();
    upstream.answer = () => {};
    const client = own.open().send(get(`${prefix}/x`));
    await eventually(() => upstream.connections[0]?.answered === 1, "the request at the upstream");
    own.signal("SIGTERM");
    expect((await own.requestLines(`${prefix}/x`))[0]?.close).toBe("drain");
    client.destroy();
    await own.stop();
  });
});
