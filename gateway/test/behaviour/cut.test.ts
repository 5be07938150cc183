import { describe, expect, test } from "vitest";
import { suiteGateway } from "../support/suite.ts";
import { ok, thenClose } from "../support/upstream.ts";
import { expectProblem, expectServed, get, onlyAnswer } from "../support/verdict.ts";

const gateway = suiteGateway({
  slots: 70,
  env: { GATEWAY_CONNECT_TIMEOUT_MS: "600", GATEWAY_RESPONSE_TIMEOUT_MS: "1200" },
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
      "by a chunk without its CR LF: broken answer",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\rX0\r\n\r\n",
      false,
    ],
    [
      "by a chunk size and a word: broken answer",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0 1E\r\n\r\n",
      false,
    ],
    [
      "by a last chunk that is none: broken answer",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0g\r\n\r\n",
      false,
    ],
    [
      "by a signed chunk size: broken answer",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n+3\r\nabc\r\n0\r\n\r\n",
      false,
    ],
    [
      "by a bare LF after a chunk size: broken answer",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n",
      false,
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
