import { describe, expect, test } from "vitest";
import { eventually, pause } from "../support/client.ts";
import { statusOf, values } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { expectServed, get, head, onlyAnswer } from "../support/verdict.ts";

const gateway = suiteGateway({ slots: 30 });
const hints = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n";
const final = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const old = (method: string, target: string, ...fields: string[]) =>
  head(method, target, ...fields).replace("HTTP/1.1", "HTTP/1.0");

describe.concurrent("HTTP/1.0 clients get no interim answer (RFC 9110 15.2)", () => {
  test.each([
    ["a length", "Content-Length: 5"],
    ["keep-alive", "Content-Length: 5", "Connection: keep-alive"],
    ["no body", "Content-Length: 0"],
  ])(
    "must: Expect: 100-continue of an HTTP/1.0 request is ignored (%s) (RFC 9110 10.1.1)",
    async (_name, ...fields) => {
      const { upstream, prefix } = gateway.slot();
      const client = gateway.open().send(old("POST", `${prefix}/x`, "Expect: 100-continue", ...fields));
      await pause(150);
      expect(client.text).not.toContain("HTTP/1.1 100");
      if (fields[0] === "Content-Length: 5") client.send("hello");
      const received = await client.settle();
      expectServed(received);
      expect(received.text.match(/HTTP\/1\.\d \d+/g)).toEqual(["HTTP/1.1 200"]);
      expect(upstream.requests).toHaveLength(1);
      client.destroy();
    },
  );

  test.each(["102 Processing", "103 Early Hints", "100 Continue", "199 Own"])(
    "must: a service's %s goes no further to HTTP/1.0, the answer does",
    async (status) => {
      const { upstream, prefix } = gateway.slot();
      upstream.answer = ({ socket }) => socket.write(`HTTP/1.1 ${status}\r\nLink: a\r\n\r\n${final}`);
      const received = await gateway.exchange(old("GET", `${prefix}/x`));
      expect(received.text.match(/HTTP\/1\.\d \d+/g)).toEqual(["HTTP/1.1 200"]);
      expectServed(received);
    },
  );

  test("must: a control: HTTP/1.1 clients get 103 and 100", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }) => socket.write(hints + final);
    const received = await gateway.exchange(
      `${head("POST", `${prefix}/x`, "Expect: 100-continue", "Content-Length: 5")}hello`,
    );
    const statuses = received.answers.map(statusOf);
    expect(statuses.filter((status) => status !== 100)).toEqual([103, 200]);
  });
});

describe("interim answers to a client that does not read", () => {
  test.each([
    ["long ones", `HTTP/1.1 103 Early Hints\r\nLink: <${"x".repeat(30_000)}>\r\n\r\n`.repeat(4)],
    ["short ones", hints.repeat(2_000)],
    ["102", "HTTP/1.1 102 Processing\r\n\r\n".repeat(4_000)],
  ])("must: hold the service back: bounded memory (%s) (CWE-770)", async (_name, block) => {
    const { upstream, prefix } = gateway.slot();
    let written = 0;
    upstream.answer = ({ socket }) => {
      const go = () => {
        while (!socket.destroyed && written < 500 << 20) {
          written += block.length;
          if (!socket.write(block, "latin1")) return void socket.once("drain", go);
        }
      };
      go();
    };
    const before = gateway.memory();
    const client = gateway.open({ paused: true }).send(get(`${prefix}/x`));
    await eventually(() => upstream.connections.length === 1, "the request at the upstream");
    await pause(1_200);
    expect(gateway.memory() - before).toBeLessThan(100 << 20);
    expect(written).toBeLessThan(60 << 20);
    client.destroy();
    await eventually(() => upstream.connections[0]?.ended === true, "the upstream connection is closed");
  });

  test("must: a client that reads again gets all of them, then the answer", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }) =>
      socket.write(`HTTP/1.1 103 Early Hints\r\nLink: <${"x".repeat(10_000)}>\r\n\r\n`.repeat(600) + final);
    const client = gateway.open({ paused: true }).send(get(`${prefix}/x`));
    await pause(300);
    let text = "";
    client.socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
    });
    client.socket.resume();
    expect(await client.until(() => text.endsWith("\r\n\r\nok"))).toBe(true);
    expect(text.split("HTTP/1.1 103").length).toBe(601);
    client.destroy();
  });
});

describe.concurrent("HTTP/1.0 and kept connections (RFC 9112 9.3, C.2.2)", () => {
  test.each([
    ["a service's answer", (prefix: string) => `${prefix}/x`, 200],
    ["no route", () => "/nowhere", 404],
    ["the gateway's own health", () => "/_gateway/health", 200],
  ])(
    "must: an answer to Connection: keep-alive says that it is kept, or the gateway closes (%s)",
    async (_name, target, status) => {
      const { prefix } = gateway.slot();
      const received = await gateway.exchange(old("GET", target(prefix), "Connection: keep-alive"));
      const answer = onlyAnswer(received);
      expect(statusOf(answer)).toBe(status);
      expect(values(answer, "connection")).toEqual([received.closed ? "close" : "keep-alive"]);
    },
  );

  test("must: a connection that was said to be kept takes the next request", async () => {
    const { prefix } = gateway.slot();
    const client = gateway.open();
    for (let i = 1; i <= 3 && !client.closed; i++) {
      client.send(old("GET", `${prefix}/${i}`, "Connection: keep-alive"));
      await client.settle(i);
    }
    expect(client.reading.error).toBeUndefined();
    if (client.closed) expect(values(client.answers.at(-1) as never, "connection")).toEqual(["close"]);
    else expect(client.answers.map(statusOf)).toEqual([200, 200, 200]);
    client.destroy();
  });

  test("must: an answer without a length ends with the connection, keep-alive or not (RFC 9112 6.3)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }) =>
      socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n");
    const received = await gateway.exchange(old("GET", `${prefix}/x`, "Connection: keep-alive"));
    const answer = expectServed(received);
    expect(received.closed).toBe(true);
    expect(values(answer, "connection")).not.toContain("keep-alive");
  });
});
