import { describe, expect, test } from "vitest";
import { eventually, pause } from "../support/client.ts";
import { Gateway } from "../support/gateway.ts";
import { processFacts } from "../support/process-facts.ts";
import { statusOf } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { ok } from "../support/upstream.ts";
import { get, head, post } from "../support/verdict.ts";

const gateway = suiteGateway({ slots: 8, env: { GATEWAY_BODY_TIMEOUT_MS: "1500" } });
/** More than the sockets between take: the client is late to read it. */
const large = `HTTP/1.1 200 OK\r\nContent-Length: 12000000\r\n\r\n${"x".repeat(12_000_000)}`;
const tiny = (chunks: number) => `${"1\r\nx\r\n".repeat(chunks)}0\r\n\r\n`;

/** A slot whose upstream answers `/big` with {@link large}, and all else with two bytes. */
function slot() {
  const one = gateway.slot();
  one.upstream.answer = (connection, request, index) => {
    if (request.startLine.includes("/big")) connection.socket.write(large);
    else ok(connection, request, index);
  };
  const paths = () =>
    one.upstream.requests.map(({ startLine }) => startLine.split(" ").slice(0, 2).join(" ")).sort();
  return { ...one, paths };
}

/** A client that does not read until it is told to. */
const late = () => gateway.open({ paused: true });

describe.concurrent("what keeps a client's socket from being read", () => {
  test("must: an answer that is not taken, on a connection that is read in slices: the process lives (CVE-2024-27983)", async () => {
    const { prefix } = slot();
    const client = gateway.open();
    client.send(head("POST", `${prefix}/up`, "Transfer-Encoding: chunked"));
    await pause(100);
    client.send(tiny(400));
    await pause(300);
    client.socket.pause();
    client.send(get(`${prefix}/big`));
    await pause(600);
    for (let i = 0; i < 3; i++) {
      client.send(get(`${prefix}/x`));
      await pause(150);
    }
    expect(gateway.log.filter((line) => line.includes('"crashed"'))).toEqual([]);
    client.destroy();
  });

  test.each([
    ["GET", (p: string, i: number) => get(`${p}/${i}`)],
    ["POST", (p: string, i: number) => post(`${p}/${i}`, `body-${i}`.padEnd(30, "."), "Content-Length: 30")],
  ] as const)(
    "must: 40 pipelined requests (%s) behind an answer that is taken late reach their upstream once each (RFC 9112 9.3.2)",
    async (method, request) => {
      const { prefix, paths, upstream } = slot();
      const client = late();
      const seen: string[] = [];
      client.send(get(`${prefix}/big`));
      await eventually(() => upstream.connections.length > 0, "the large answer");
      await pause(300);
      const count = 40;
      client.send(Array.from({ length: count }, (_, i) => request(prefix, i)).join(""));
      await pause(300);
      client.methods = ["GET", ...Array.from({ length: count }, () => method)];
      client.socket.on("data", (chunk: Buffer) => seen.push(chunk.toString("latin1")));
      client.socket.resume();
      await eventually(() => paths().length >= count + 1, "all of them");
      await pause(200);
      expect(paths()).toEqual(
        ["GET /big", ...Array.from({ length: count }, (_, i) => `${method} /${i}`)].sort(),
      );
      expect(seen.join("").split("HTTP/1.1 200").length - 1).toBe(count + 1);
      client.destroy();
    },
  );

  test("must: a body that waits its turn on a connection that is read in slices is not gathered (bounded memory)", async () => {
    const { prefix, upstream } = gateway.slot();
    upstream.answer = (connection, request, index) => {
      if (!request.startLine.includes("/hang")) ok(connection, request, index);
    };
    const client = gateway.open();
    client.send(head("POST", `${prefix}/up`, "Transfer-Encoding: chunked") + tiny(20_000));
    await client.until(() => client.answers.length === 1);
    client.send(get(`${prefix}/hang`) + head("POST", `${prefix}/waits`, "Transfer-Encoding: chunked"));
    const before = processFacts(gateway.pid).memory;
    const piece = Buffer.from(`10000\r\n${"y".repeat(65_536)}\r\n`);
    for (let i = 0; i < 1_600; i++) client.socket.write(piece);
    await pause(1_000);
    expect(client.socket.writableLength).toBeGreaterThan(50_000_000);
    expect(processFacts(gateway.pid).memory - before).toBeLessThan(60_000_000);
    client.destroy();
  });

  test.each([65_300, 65_400])(
    "must: a chunked upload in which a small chunk follows one of %i bytes does not stall",
    async (size) => {
      const { prefix, upstream } = gateway.slot();
      const client = gateway.open();
      const chunk = (length: number) => `${length.toString(16)}\r\n${"z".repeat(length)}\r\n`;
      const first = head("POST", `${prefix}/up`, "Transfer-Encoding: chunked");
      client.send(first + chunk(size) + chunk(10));
      for (let i = 0; i < 20; i++) client.send(chunk(size) + chunk(10));
      client.send("0\r\n\r\n");
      await client.until(() => client.answers.length === 1, 5_000);
      expect(client.answers.map(statusOf)).toEqual([200]);
      expect(upstream.requests[0]?.body.length).toBe(21 * (size + 10));
      client.destroy();
    },
  );

  test("must: an upload in tiny chunks that is too large gets its 413, though the client goes on sending (RFC 9112 9.6)", async () => {
    const own = await Gateway.start({ route: { max_body_bytes: 60_000 }, env: { GATEWAY_LINGER_MS: "400" } });
    const { prefix } = own.slot();
    const client = own.open({ paused: true, allowHalfOpen: true });
    client.send(head("POST", `${prefix}/up`, "Transfer-Encoding: chunked"));
    const talk = setInterval(() => client.send("1\r\nx\r\n".repeat(4_000)), 10);
    await pause(1_200);
    let text = "";
    client.socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
    });
    client.socket.resume();
    await eventually(() => text.includes("413"), "the answer", 4_000);
    clearInterval(talk);
    client.destroy();
    await own.stop();
  });

  test("must: requests that are answered at once are, though the client's end comes right behind them", async () => {
    for (const count of [4, 10, 16]) {
      const client = gateway.open({ allowHalfOpen: true });
      client.methods = Array.from({ length: count }, () => "GET");
      client.socket.end(get("/nowhere").repeat(count));
      await client.until(() => client.closed);
      expect(client.answers.map(statusOf)).toEqual(Array.from({ length: count }, () => 404));
    }
  });

  test("must: the 17th pipelined request is one with an Upgrade that is not taken: it is served (RFC 9110 7.8)", async () => {
    const { prefix, upstream } = gateway.slot();
    upstream.answer = (connection, request, index) =>
      void setTimeout(() => ok(connection, request, index), 20);
    const client = gateway.open();
    const last = post(`${prefix}/u`, "abcdef", "Content-Length: 6", "Connection: Upgrade", "Upgrade: h2c");
    client.methods = [...Array.from({ length: 16 }, () => "GET"), "POST"];
    client.send(get(`${prefix}/x`).repeat(16) + last);
    await client.until(() => client.answers.length === 17, 4_000);
    expect(client.answers.map(statusOf)).toEqual(Array.from({ length: 17 }, () => 200));
    client.destroy();
  });

  test("must: half a head behind a request under way gets its 408 in time, too (RFC 9110 15.5.9)", async () => {
    const own = await Gateway.start({
      env: { GATEWAY_HEADERS_TIMEOUT_MS: "400", GATEWAY_CLIENT_IDLE_MS: "30000" },
    });
    const { prefix, upstream } = own.slot();
    upstream.answer = (connection, request, index) =>
      void setTimeout(() => ok(connection, request, index), 1_200);
    const client = own.open();
    client.methods = ["GET", "GET"];
    client.send(`${get(`${prefix}/x`)}GET /half HTT`);
    await client.until(() => client.closed, 5_000);
    expect(client.answers.map(statusOf)).toEqual([200, 408]);
    await own.stop();
  });
});
