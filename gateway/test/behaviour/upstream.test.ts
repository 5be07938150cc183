import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually, pause } from "../support/client.ts";
import { DeafAddress } from "../support/deaf.ts";
import { Gateway } from "../support/gateway.ts";
import { statusOf, values } from "../support/strict.ts";
import { always, ok, thenClose, Upstream } from "../support/upstream.ts";
import {
  expectForwarded,
  expectProblem,
  expectServed,
  get,
  head,
  onlyAnswer,
  post,
} from "../support/verdict.ts";

const deaf = new DeafAddress();
let gateway: Gateway;
beforeAll(async () => {
  await deaf.listen();
  gateway = await Gateway.start({
    slots: 70,
    env: { GATEWAY_CONNECT_TIMEOUT_MS: "600", GATEWAY_RESPONSE_TIMEOUT_MS: "1200" },
    routes: [{ name: "deaf", host: "127.0.0.1", port: deaf.port, prefix: "/deaf", strip_prefix: true }],
  });
});
afterAll(async () => {
  deaf.close();
  await gateway.stop();
});
const took = async <T>(work: Promise<T>): Promise<[T, number]> => {
  const start = Date.now();
  return [await work, Date.now() - start];
};

describe.concurrent("an upstream that is not there", () => {
  test("must: upstream refuses: 502/503 quickly, recovers by itself at once (nginx, Envoy)", async () => {
    const { upstream, prefix } = gateway.slot();
    const { port } = upstream;
    await upstream.close();
    for (let i = 0; i < 3; i++) {
      const [received, ms] = await took(gateway.exchange(get(`${prefix}/x`)));
      expectProblem(onlyAnswer(received), 503);
      expect(ms).toBeLessThan(600);
    }
    await upstream.listen("127.0.0.1", port);
    expectServed(await gateway.exchange(get(`${prefix}/x`)));
    expectForwarded(upstream, { target: "/x" });
  });

  test("must: upstream accepts no connection (SYN dropped): 504/502/503 in bounded time (Envoy connect_timeout)", async () => {
    const [received, ms] = await took(gateway.exchange(get("/deaf/x")));
    expectProblem(onlyAnswer(received), [504, 503, 502]);
    expect(ms).toBeGreaterThan(400);
    // Less than the time for an answer: it is the connection that has the limit.
    expect(ms).toBeLessThan(1_150);
  });

  test.each([
    ["nothing", ""],
    ["half a status line", "HTTP/1.1 20"],
    ["a head without its end", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"],
  ])(
    "must: upstream accepts and never answers (%s): 504 in bounded time (nginx proxy_read_timeout; Envoy route timeout)",
    async (_name, bytes) => {
      const { upstream, prefix } = gateway.slot();
      upstream.answer = always(bytes);
      const [received, ms] = await took(gateway.exchange(get(`${prefix}/x`)));
      expectProblem(onlyAnswer(received), 504);
      expect(ms).toBeGreaterThan(900);
      expect(ms).toBeLessThan(4_000);
      expectForwarded(upstream, { target: "/x" });
      await eventually(
        () => upstream.connections.every(({ ended }) => ended),
        "the upstream connection is closed",
      );
    },
  );

  test("should: after an overdue answer comes in, nobody gets it (response queue poisoning)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }, _request, index) => {
      if (upstream.connections.length === 1 && index === 0)
        setTimeout(() => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate"), 1_500);
      else socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    };
    expectProblem(onlyAnswer(await gateway.exchange(get(`${prefix}/1`))), 504);
    expectServed(await gateway.exchange(get(`${prefix}/2`)));
    await pause(500);
    expectServed(await gateway.exchange(get(`${prefix}/3`)));
  });

  test("must: an upstream address change is followed within seconds (DNS of container networks)", async (context) => {
    if (process.env.GATEWAY_UNDER_TEST && !process.env.GATEWAY_UNDER_TEST.includes("node"))
      return context.skip("the name is moved by a Node option");
    const file = join(mkdtempSync(join(tmpdir(), "gateway-name-")), "address");
    writeFileSync(file, "127.0.0.1");
    const before = await new Upstream().listen("127.0.0.1");
    const after = await new Upstream().listen("127.0.0.2", before.port);
    after.answer = always("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nmoved");
    const hook = fileURLToPath(new URL("../support/moving-name.mjs", import.meta.url));
    const own = await Gateway.start({
      slots: 0,
      env: { NODE_OPTIONS: `--import ${hook}`, MOVING_NAME_FILE: file },
      routes: [{ name: "moving", host: "moving.test", port: before.port, prefix: "/m", strip_prefix: true }],
    });
    try {
      for (let i = 0; i < 3; i++) expectServed(await own.exchange(get("/m/x")));
      writeFileSync(file, "127.0.0.2");
      await before.close();
      const start = Date.now();
      let status = 0;
      while (status !== 200 && Date.now() - start < 5_000)
        status = statusOf(onlyAnswer(await own.exchange(get("/m/x"))));
      expect(status).toBe(200);
      expect(Date.now() - start).toBeLessThan(3_000);
      expectServed(await own.exchange(get("/m/x")), "moved");
    } finally {
      await own.stop();
      await after.close();
    }
  });

  test("must: an unknown host name: 502/503 (Envoy)", async () => {
    const own = await Gateway.start({
      slots: 0,
      routes: [{ name: "none", host: "no-such-host.invalid", port: 1, prefix: "/n", strip_prefix: true }],
    });
    const [received, ms] = await took(own.exchange(get("/n/x")));
    await own.stop();
    expectProblem(onlyAnswer(received), [502, 503]);
    expect(ms).toBeLessThan(5_000);
  });
});

describe.concurrent("answers that are none", () => {
  test("must: upstream closes before the answer: 502; POST is sent once (RFC 9110 9.2.2)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }) => socket.end();
    expectProblem(onlyAnswer(await gateway.exchange(post(`${prefix}/x`, "abc", "Content-Length: 3"))), 502);
    expectForwarded(upstream, { method: "POST", body: "abc" });
  });

  const bad = "HTTP/1.1 200 OK\r\n";
  test.each([
    ["must", "speaks garbage", "RFC 9110 15.6.3", "BLAH\r\n\r\n"],
    ["must", "speaks a long garbage without a line end", "RFC 9110 15.6.3", "x".repeat(200_000)],
    ["must", "speaks HTTP/2", "RFC 9112 2.3", "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok"],
    [
      "must",
      "with two different CL",
      "RFC 9112 6.3 (MUST 502)",
      `${bad}Content-Length: 2\r\nContent-Length: 3\r\n\r\nokx`,
    ],
    ["must", "with Content-Length: 2, 3", "RFC 9112 6.3 (MUST 502)", `${bad}Content-Length: 2, 3\r\n\r\nokx`],
    ["must", "with a signed CL", "RFC 9112 6.3 (MUST 502)", `${bad}Content-Length: +2\r\n\r\nok`],
    ["must", "with a negative CL", "RFC 9112 6.3 (MUST 502)", `${bad}Content-Length: -2\r\n\r\nok`],
    ["must", "with an empty CL", "RFC 9112 6.3 (MUST 502)", `${bad}Content-Length:\r\n\r\nok`],
    [
      "must",
      "with an unknown transfer coding",
      "RFC 9112 6.1",
      `${bad}Transfer-Encoding: x\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
    ],
    ["must", "with a space before the colon", "RFC 9112 5.1", `${bad}Content-Length : 2\r\n\r\nok`],
    ["must", "with a field name that is none", "RFC 9110 5.1", `${bad}X(Y: 1\r\nContent-Length: 2\r\n\r\nok`],
    ["must", "with a line without a colon", "RFC 9112 5", `${bad}nonsense\r\nContent-Length: 2\r\n\r\nok`],
    [
      "must",
      "asks for another protocol unasked: 101",
      "RFC 9110 15.2.2",
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
    ],
  ])("%s: upstream %s: 502 (%s)", async (_level, _name, _source, bytes) => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = always(bytes);
    expectProblem(onlyAnswer(await gateway.exchange(get(`${prefix}/x`))), 502);
    // Such a connection is not used again.
    upstream.answer = ok;
    expectServed(await gateway.exchange(get(`${prefix}/y`)));
    expect(upstream.connections.length).toBeGreaterThan(1);
  });

  test.each([
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n2\r\nok\r\n0\r\n\r\n",
  ])("must: upstream with CL and TE: 502, or CL removed and body by TE (RFC 9112 6.3)", async (bytes) => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = always(bytes);
    const received = await gateway.exchange(get(`${prefix}/x`));
    if (statusOf(onlyAnswer(received)) === 502) return expectProblem(onlyAnswer(received), 502);
    expect(values(expectServed(received), "content-length")).toEqual([]);
  });

  test.each([
    ["should", "NUL in an upstream header: 502 or removed (RFC 9110 5.5)", "X-A: a\0b"],
    ["should", "bare CR in an upstream header is not passed on (RFC 9112 2.2)", "X-A: a\rSet-Cookie: b"],
    ["should", "bare LF in an upstream header is not passed on as one line (RFC 9112 2.2)", "X-A: a\nb"],
    ["should", "obs-fold in an upstream header: 502 or unfolded (RFC 9112 5.2)", "X-A: a\r\n b"],
    ["should", "a control byte in an upstream header (RFC 9110 5.5)", "X-A: a\x01b"],
  ])("%s: %s", async (_level, _name, line) => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = always(`HTTP/1.1 200 OK\r\n${line}\r\nContent-Length: 2\r\n\r\nok`);
    // The strict reading of what the client got refuses each of these bytes.
    const answer = onlyAnswer(await gateway.exchange(get(`${prefix}/x`)));
    expect([200, 502]).toContain(statusOf(answer));
    expect(values(answer, "set-cookie")).toEqual([]);
    if (statusOf(answer) === 200) expect(answer.body.toString()).toBe("ok");
  });

  test("must: endless upstream header: 502, memory bounded (Envoy max_response_headers_kb)", async () => {
    const { upstream, prefix } = gateway.slot();
    const before = gateway.memory();
    upstream.answer = ({ socket }) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      const more = () => {
        for (let i = 0; i < 50 && !socket.destroyed; i++)
          if (!socket.write(`X-${i}: ${"a".repeat(8000)}\r\n`)) break;
        if (!socket.destroyed) setTimeout(more, 2);
      };
      more();
    };
    expectProblem(onlyAnswer(await gateway.exchange(get(`${prefix}/x`))), 502);
    expect(gateway.memory() - before).toBeLessThan(64 << 20);
    await eventually(() => upstream.connections[0]?.ended === true, "the connection is cut");
  });

  test("should: an endless run of interim answers ends (CVE-2023-… continuation floods)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }) => {
      const more = () => {
        if (socket.destroyed || !socket.writable) return;
        socket.write("HTTP/1.1 100 Continue\r\n\r\n".repeat(50));
        setTimeout(more, 5);
      };
      more();
    };
    const [received, ms] = await took(gateway.exchange(get(`${prefix}/x`)));
    expect([502, 504]).toContain(statusOf(received.answers.at(-1) as never));
    expect(ms).toBeLessThan(5_000);
  });
});

test.each([
  ["sends a status of two digits", "HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok"],
  ["sends a status of four digits", "HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok"],
  ["sends status 099", "HTTP/1.1 099 OK\r\nContent-Length: 2\r\n\r\nok"],
])("must: upstream %s: 502, and the gateway lives (RFC 9112 4)", async (_name, bytes) => {
  const own = await Gateway.start();
  const { upstream, prefix } = own.slot();
  upstream.answer = always(bytes);
  const received = await own.exchange(get(`${prefix}/x`));
  const { crashes } = own;
  await own.stop().catch(() => {});
  expect(crashes).toBe(0);
  expectProblem(onlyAnswer(received), 502);
});

describe.concurrent("answers that are cut (RFC 9112 8)", () => {
  test.each([
    [
      "in a length-delimited body: client sees a broken answer",
      "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc",
      false,
    ],
    [
      "in a chunked body: no terminal chunk to the client",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
      false,
    ],
    ["inside a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc", false],
    [
      "before the last CRLF of a chunked body",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
      false,
    ],
    [
      "by a reset mid-body: broken answer, gateway lives (http-party/node-http-proxy #607)",
      "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc",
      true,
    ],
    [
      "by a bad chunk: broken answer",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n",
      false,
    ],
  ])("must: upstream cut %s", async (_name, bytes, reset) => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }) => {
      socket.write(bytes);
      // Late enough that the beginning is on its way to the client.
      setTimeout(() => (reset ? socket.resetAndDestroy() : socket.end()), 60);
    };
    const received = await gateway.exchange(get(`${prefix}/x`));
    if (received.answers.length > 0) return expectProblem(onlyAnswer(received), 502);
    expect(received.closed).toBe(true);
    expect(received.reading.error).toBeUndefined();
    const { partial } = received.reading;
    expect(partial?.startLine).toBe("HTTP/1.1 200 OK");
    expect(partial?.framing).not.toBe("close");
    expect("abc".startsWith(partial?.body.toString() ?? "?")).toBe(true);
    upstream.answer = ok;
    expectServed(await gateway.exchange(get(`${prefix}/x`)));
  });

  test("must: an upstream that is cut before a body begins but after its head (RFC 9112 8)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = thenClose("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
    const received = await gateway.exchange(get(`${prefix}/x`));
    if (received.answers.length > 0) return expectProblem(onlyAnswer(received), 502);
    expect(received.closed).toBe(true);
  });
});

describe.concurrent("unusual answers that are fine", () => {
  test.each([
    [
      "must",
      "status line without reason phrase passes (RFC 9112 4)",
      "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok",
    ],
    ["must", "status line without the last space passes", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok"],
    [
      "should",
      "unasked 100 before the final answer (RFC 9110 15.2)",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    ],
    [
      "should",
      "unasked 102 before the final answer (RFC 9110 15.2)",
      "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    ],
    [
      "must",
      "chunk extensions and trailers are understood (RFC 9112 7.1)",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\nX: y\r\n\r\n",
    ],
    [
      "must",
      "two equal Content-Length are one (RFC 9112 6.3)",
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
    ],
  ])("%s: %s", async (_level, name, bytes) => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = always(bytes);
    const received = await gateway.exchange(get(`${prefix}/x`));
    const final = received.answers.at(-1);
    // A doubled length may be refused instead.
    if (name.startsWith("two equal") && statusOf(final as never) === 502)
      return expectProblem(final as never, 502);
    expect(received.reading.error).toBeUndefined();
    expect(statusOf(final as never)).toBe(200);
    expect(final?.body.toString()).toBe("ok");
    expect(received.answers.slice(0, -1).every((one) => [100, 102].includes(statusOf(one)))).toBe(true);
  });

  test("must: 103 Early Hints before the final answer, passed on to HTTP/1.1 (RFC 9110 15.2; RFC 8297)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = always(
      "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    );
    const received = await gateway.exchange(get(`${prefix}/x`));
    expect(received.answers.map(statusOf)).toEqual([103, 200]);
    expect(values(received.answers[0] as never, "link")).toEqual(["</a.css>; rel=preload"]);
    expect(received.answers[1]?.body.toString()).toBe("ok");
  });

  test("must: no interim answer to a HTTP/1.0 client (RFC 9110 15.2)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = always(
      "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    );
    const received = await gateway.exchange(`GET ${prefix}/x HTTP/1.0\r\nHost: gw\r\n\r\n`);
    expect(received.answers.map(statusOf)).toEqual([200]);
  });

  test("must: HTTP/1.0 upstream, body ends at close: whole body, properly delimited (RFC 9112 6.3)", async () => {
    const { upstream, prefix } = gateway.slot();
    const body = "abcdefghij".repeat(10_000);
    upstream.answer = thenClose(`HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n${body}`);
    const client = gateway.open();
    client.send(get(`${prefix}/x`));
    await client.until(() => client.answers.length > 0 || client.closed);
    const answer = onlyAnswer(client.received);
    expect(answer.startLine).toBe("HTTP/1.1 200 OK");
    expect(answer.framing).not.toBe("none");
    expect(answer.body.toString()).toBe(body);
    client.destroy();
  });
});

describe.concurrent("connections to the upstream", () => {
  test("must: bytes after a complete answer never reach another client (response queue poisoning (PortSwigger))", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }, { startLine }) =>
      socket.write(
        startLine.includes(" /1 ")
          ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"
          : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
      );
    const first = await gateway.exchange(get(`${prefix}/1`));
    expect(first.text).not.toContain("poison");
    expectServed(first);
    for (let i = 2; i < 6; i++) expectServed(await gateway.exchange(get(`${prefix}/${i}`)));
  });

  test("must: unsolicited answer on an idle upstream connection is not used (RFC 9112 9.2; response queue poisoning)", async () => {
    const { upstream, prefix } = gateway.slot();
    expectServed(await gateway.exchange(get(`${prefix}/1`)));
    upstream.connections[0]?.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
    await eventually(() => upstream.connections[0]?.ended === true, "that connection is dropped");
    for (let i = 2; i < 5; i++) expectServed(await gateway.exchange(get(`${prefix}/${i}`)));
  });

  test("must: an answer before its request is whole, then silence, is no answer to the next (RFC 9112 9.2)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }, { startLine }) => {
      if (startLine.includes(" /1 ")) {
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        setTimeout(() => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"), 5);
      } else socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    };
    const client = gateway.open();
    for (let i = 0; i < 6; i++) {
      client.send(get(`${prefix}/${i % 2}`));
      await client.settle(i + 1, 3_000, 15);
    }
    expect(client.text).not.toContain("poison");
    expect(client.answers).toHaveLength(6);
    client.destroy();
  });

  test.each(["GET", "HEAD", "OPTIONS"])(
    "should: reused upstream connection reset: %s is tried again on another (nginx proxy_next_upstream; Envoy reset retry)",
    async (method) => {
      const { upstream, prefix } = gateway.slot();
      upstream.answer = (connection, request, index) => {
        if (upstream.connections.indexOf(connection) === 0 && index === 1)
          connection.socket.resetAndDestroy();
        else ok(connection, request, index);
      };
      expectServed(await gateway.exchange(get(`${prefix}/1`)));
      const received = await gateway.exchange(head(method, `${prefix}/2`), 1, [method]);
      expect(statusOf(onlyAnswer(received))).toBe(200);
      expect(upstream.connections).toHaveLength(2);
      expect(upstream.complete.map(({ startLine }) => startLine.split(" ")[1])).toEqual(["/1", "/2", "/2"]);
    },
  );

  test.each([
    ["a POST", "POST", "abc"],
    ["a POST without a body", "POST", ""],
    ["a GET with a body", "GET", "abc"],
    ["a DELETE", "DELETE", ""],
  ])(
    "must: reused upstream connection reset after %s: at most one delivery (RFC 9110 9.2.2)",
    async (_name, method, body) => {
      const { upstream, prefix } = gateway.slot();
      upstream.answer = (connection, request, index) => {
        if (upstream.connections.indexOf(connection) === 0 && index === 1)
          connection.socket.resetAndDestroy();
        else ok(connection, request, index);
      };
      expectServed(await gateway.exchange(get(`${prefix}/1`)));
      const received = await gateway.exchange(
        `${head(method, `${prefix}/2`, `Content-Length: ${body.length}`)}${body}`,
      );
      const delivered = upstream.complete.filter(({ startLine }) => startLine.includes(" /2 "));
      if (method === "DELETE" && statusOf(onlyAnswer(received)) === 200) expect(delivered).toHaveLength(2);
      else {
        expectProblem(onlyAnswer(received), 502);
        expect(delivered).toHaveLength(1);
      }
    },
  );

  test("must: a GET is tried at most twice, and not after the answer has begun (RFC 9110 9.2.2)", async () => {
    const { upstream, prefix } = gateway.slot();
    expectServed(await gateway.exchange(get(`${prefix}/1`)));
    upstream.answer = ({ socket }) => socket.resetAndDestroy();
    expectProblem(onlyAnswer(await gateway.exchange(get(`${prefix}/2`))), 502);
    expect(upstream.complete.filter(({ startLine }) => startLine.includes(" /2 "))).toHaveLength(2);
  });

  test("must: a GET on a fresh connection that is reset is not repeated (RFC 9110 9.2.2)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }) => socket.resetAndDestroy();
    expectProblem(onlyAnswer(await gateway.exchange(get(`${prefix}/1`))), 502);
    expect(upstream.connections).toHaveLength(1);
  });

  test("should: a kept connection that the upstream closed while idle costs nobody a request (RFC 9112 9.3.1)", async () => {
    const { upstream, prefix } = gateway.slot();
    for (let i = 0; i < 5; i++) {
      const body = i % 2 === 0 ? "" : "abc";
      expectServed(await gateway.exchange(post(`${prefix}/x`, body, `Content-Length: ${body.length}`)));
      upstream.connections.at(-1)?.socket.end();
      await pause(30);
    }
    expect(upstream.complete).toHaveLength(5);
  });

  test("should: sequential requests reuse upstream connections (performance)", async () => {
    const { upstream, prefix } = gateway.slot();
    for (let i = 0; i < 6; i++) {
      const body = i % 2 === 0 ? "" : "abc";
      expectServed(await gateway.exchange(post(`${prefix}/${i}`, body, `Content-Length: ${body.length}`)));
    }
    expect(upstream.connections).toHaveLength(1);
    expect(upstream.requests).toHaveLength(6);
  });

  test("must: upstream sends Connection: close: client connection may stay, nothing fails (RFC 9112 9.6)", async () => {
    const { upstream, prefix } = gateway.slot();
    // Announced, but the connection stays open: nothing may be sent on it any more.
    upstream.answer = always("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
    const client = gateway.open();
    for (let i = 1; i <= 4; i++) {
      client.send(get(`${prefix}/x`));
      await client.settle(i);
    }
    expect(client.answers.map(statusOf)).toEqual([200, 200, 200, 200]);
    expect(upstream.connections.map(({ answered }) => answered)).toEqual([1, 1, 1, 1]);
    client.destroy();
  });

  test("must: a HTTP/1.0 answer without keep-alive is the last on its connection (RFC 9112 9.3)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = always("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok");
    for (let i = 0; i < 3; i++) {
      const answer = onlyAnswer(await gateway.exchange(get(`${prefix}/x`)));
      expect([answer.startLine, answer.body.toString()]).toEqual(["HTTP/1.1 200 OK", "ok"]);
    }
    expect(upstream.connections).toHaveLength(3);
  });

  test("must: 200 parallel requests, each gets its own answer (cross-talk)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }, { startLine, body }) => {
      const text = `${startLine.split(" ")[1]} ${body}`;
      setTimeout(
        () => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`),
        Math.random() * 40,
      );
    };
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        gateway.exchange(
          i % 2
            ? get(`${prefix}/${i}`)
            : post(`${prefix}/${i}`, `body${i}`, `Content-Length: ${4 + String(i).length}`),
        ),
      ),
    );
    for (const [i, received] of answers.entries())
      expectServed(received, i % 2 ? `/${i} ` : `/${i} body${i}`);
    expect(upstream.requests).toHaveLength(200);
  });
});
