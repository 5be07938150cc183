import { describe, expect, test } from "vitest";
import { eventually } from "../support/client.ts";
import { Gateway } from "../support/gateway.ts";
import { statusOf, values } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { always, ok, thenClose } from "../support/upstream.ts";
import {
  expectForwarded,
  expectProblem,
  expectServed,
  get,
  head,
  onlyAnswer,
  post,
} from "../support/verdict.ts";

const gateway = suiteGateway({
  slots: 70,
  env: { GATEWAY_CONNECT_TIMEOUT_MS: "600", GATEWAY_RESPONSE_TIMEOUT_MS: "1200" },
});
const took = async <T>(work: Promise<T>): Promise<[T, number]> => {
  const start = Date.now();
  return [await work, Date.now() - start];
};

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
      "with a CL that ends in a no-break space",
      "RFC 9112 6.3",
      `${bad}Content-Length: 2\xa0\r\n\r\nok`,
    ],
    ["must", "with a CL after a vertical tab", "RFC 9112 6.3", `${bad}Content-Length: \x0b2\r\n\r\nok`],
    [
      "must",
      "with a coding that ends in a no-break space",
      "RFC 9112 6.1",
      `${bad}Transfer-Encoding: chunked\xa0\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
    ],
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
    [
      "with CL and TE",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    ],
    ["of HTTP/1.0 with TE", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"],
  ])("must: upstream %s: 502 (RFC 9112 6.1, 6.3)", async (_name, bytes) => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = always(bytes);
    expectProblem(onlyAnswer(await gateway.exchange(get(`${prefix}/x`))), 502);
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

test.concurrent.each([
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

  test("must: the 502 for one that is none says nothing that it said of pages elsewhere (Fetch standard)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = always(
      "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nVary: Accept\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    );
    const answer = onlyAnswer(await gateway.exchange(get(`${prefix}/x`)));
    expectProblem(answer, 502);
    expect([...values(answer, "access-control-allow-origin"), ...values(answer, "vary")]).toEqual([]);
  });

  test("must: whoever expects 100 gets one, though the upstream says it too (RFC 9110 10.1.1)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = always("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    const client = gateway
      .open()
      .send(head("POST", `${prefix}/x`, "Content-Length: 3", "Expect: 100-continue"));
    await client.until(() => client.answers.length > 0);
    const received = await client.send("abc").settle();
    expect(received.answers.map(statusOf)).toEqual([100, 200]);
    client.destroy();
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
