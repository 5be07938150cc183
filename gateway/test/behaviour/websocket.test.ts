import { describe, expect, test } from "vitest";
import { eventually, pause } from "../support/client.ts";
import { accepted, acceptOf, handshake, key } from "../support/frames.ts";
import { statusOf, values } from "../support/strict.ts";
import { impatience, suiteGateway } from "../support/suite.ts";
import { always } from "../support/upstream.ts";
import { expectForwarded, expectProblem, get, onlyAnswer } from "../support/verdict.ts";

const gateway = suiteGateway({ slots: 40 });
const impatient = suiteGateway({ slots: 8, env: impatience });

describe.concurrent("handshakes", () => {
  test("must: 101 with accept and subprotocol; upstream sees path unchanged, Upgrade, X-Request-ID (RFC 6455 4)", async () => {
    const { upstream, socket } = gateway.slot();
    upstream.answer = always(accepted("Sec-WebSocket-Protocol: phoenix", "X-Kept: 1"));
    const received = await gateway.exchange(
      handshake(
        `${socket}/websocket?token=a%20b&vsn=2.0.0`,
        "Sec-WebSocket-Protocol: phoenix, other",
        "X-Forwarded-For: 6.6.6.6",
        "Origin: http://a",
      ),
    );
    const [answer] = received.answers;
    expect(statusOf(answer as never)).toBe(101);
    expect(values(answer as never, "sec-websocket-accept")).toEqual([acceptOf(key)]);
    expect(values(answer as never, "sec-websocket-protocol")).toEqual(["phoenix"]);
    expect(values(answer as never, "upgrade").map((v) => v.toLowerCase())).toEqual(["websocket"]);
    expect(values(answer as never, "connection").map((v) => v.toLowerCase())).toEqual(["upgrade"]);
    expect(values(answer as never, "x-kept")).toEqual(["1"]);
    const request = expectForwarded(upstream, { target: `${socket}/websocket?token=a%20b&vsn=2.0.0` });
    expect(values(request, "upgrade").map((v) => v.toLowerCase())).toEqual(["websocket"]);
    expect(values(request, "connection").map((v) => v.toLowerCase())).toEqual(["upgrade"]);
    expect(values(request, "sec-websocket-key")).toEqual([key]);
    expect(values(request, "sec-websocket-version")).toEqual(["13"]);
    expect(values(request, "sec-websocket-protocol")).toEqual(["phoenix, other"]);
    expect(values(request, "origin")).toEqual(["http://a"]);
    expect(values(request, "x-forwarded-for")).toEqual(["127.0.0.1"]);
    const [id = ""] = values(request, "x-request-id");
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(values(answer as never, "x-request-id")).toEqual([id]);
  });

  test.each([
    ["403", "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", 403, "no"],
    [
      "401 with a challenge",
      "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\nContent-Length: 0\r\n\r\n",
      401,
      "",
    ],
    ["200", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok"],
    [
      "a chunked 404",
      "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n",
      404,
      "no",
    ],
    [
      "426 for its version",
      "HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\nContent-Length: 0\r\n\r\n",
      426,
      "",
    ],
  ])(
    "must: handshake refused by the upstream with %s: client gets that status and body, no tunnel (RFC 6455 4.2.2; CVE-2026-2833 (Pingora))",
    async (_name, bytes, status, body) => {
      const { upstream, socket } = gateway.slot();
      upstream.answer = ({ socket: peer }, _request, index) => {
        if (index === 0) peer.write(bytes);
      };
      const received = await gateway.exchange(`${handshake(`${socket}/x`)}${get(`${socket}/smuggled`)}`);
      expect(statusOf(received.answers[0] as never)).toBe(status);
      expect(received.answers[0]?.body.toString()).toBe(body);
      expect(received.reading.error).toBeUndefined();
      await pause(50);
      // What followed may be a request of its own, on whatever connection, but never tunnelled bytes.
      for (const { bytes: seen } of upstream.connections) {
        const text = seen.toString("latin1");
        if (text.includes("smuggled"))
          expect(text.indexOf("X-Request-ID", text.indexOf("smuggled"))).toBeGreaterThan(0);
      }
    },
  );

  test("should: Sec-WebSocket-Version 777 answered 426 by the upstream opens no tunnel (websocket smuggling (0ang3el))", async () => {
    const { upstream, socket } = gateway.slot();
    upstream.answer = ({ socket: peer }) =>
      peer.write("HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\nContent-Length: 0\r\n\r\n");
    const client = gateway.open().send(handshake(`${socket}/x`).replace("Version: 13", "Version: 777"));
    await client.settle(1);
    expect([400, 426]).toContain(statusOf(client.answers[0] as never));
    client.send("GET /secret HTTP/1.1\r\nHost: inner\r\n\r\n");
    await pause(80);
    expect(upstream.bytes.includes("secret")).toBe(false);
    client.destroy();
  });

  const badAccept = (line: string) => accepted().replace(/Sec-WebSocket-Accept: .*\r\n/, line);
  test.each([
    ["a wrong Sec-WebSocket-Accept", badAccept("Sec-WebSocket-Accept: wrong\r\n")],
    ["no Sec-WebSocket-Accept", badAccept("")],
    [
      "two Sec-WebSocket-Accept",
      badAccept(`Sec-WebSocket-Accept: x\r\nSec-WebSocket-Accept: ${acceptOf(key)}\r\n`),
    ],
    ["Upgrade to something else", accepted().replace("Upgrade: websocket", "Upgrade: h2c")],
    ["no Upgrade", accepted().replace("Upgrade: websocket\r\n", "")],
  ])("should: 101 with %s is refused (websocket smuggling (0ang3el); RFC 6455 4.1)", async (_name, bytes) => {
    const { upstream, socket } = gateway.slot();
    upstream.answer = always(bytes);
    expectProblem(onlyAnswer(await gateway.exchange(handshake(`${socket}/x`))), 502);
    await eventually(() => upstream.connections[0]?.ended === true, "that upstream connection is closed");
  });

  test("must: upstream down: 502/503, not a hang or a bare close (http-party #1468)", async () => {
    const { upstream, socket } = gateway.slot();
    await upstream.close();
    expectProblem(onlyAnswer(await gateway.exchange(handshake(`${socket}/x`))), 503);
  });

  test("must: upstream that never answers a handshake: 504 in bounded time (Envoy)", async () => {
    const { upstream, socket } = impatient.slot();
    upstream.answer = () => {};
    expectProblem(onlyAnswer(await impatient.exchange(handshake(`${socket}/x`))), 504);
    await eventually(() => upstream.connections[0]?.ended === true, "the upstream connection is closed");
  });

  test.each([
    ["dot segments", "/../x"],
    ["an escaped way up", "/%2e%2e/x"],
  ])(
    "must: a handshake for a path with %s is refused like any request (path confusion)",
    async (_name, rest) => {
      const { upstream, socket } = gateway.slot();
      expectProblem(onlyAnswer(await gateway.exchange(handshake(`${socket}${rest}`))), 400);
      expect(upstream.connections).toHaveLength(0);
    },
  );

  test("must: a handshake for no route is 404 (routing)", async () => {
    expectProblem(onlyAnswer(await gateway.exchange(handshake("/nowhere"))), 404);
  });

  test("must: a handshake without Host is 400 (RFC 9112 3.2)", async () => {
    const { upstream, socket } = gateway.slot();
    const bytes = handshake(`${socket}/x`).replace("Host: gw\r\n", "");
    expectProblem(onlyAnswer(await gateway.exchange(bytes)), 400);
    expect(upstream.connections).toHaveLength(0);
  });
});
