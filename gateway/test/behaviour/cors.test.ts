import { describe, expect, test } from "vitest";
import { eventually } from "../support/client.ts";
import { accepted, handshake } from "../support/frames.ts";
import type { TestRoute } from "../support/gateway.ts";
import { freePort } from "../support/metrics.ts";
import { type Message, statusOf, values } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { always } from "../support/upstream.ts";
import { get, head, onlyAnswer, post } from "../support/verdict.ts";

const page = "https://app.example.org";
const origin = `Origin: ${page}`;
const cors = { origins: [page], expose: ["X-Request-ID"], credentials: true };
const down = async (name: string, more: TestRoute): Promise<TestRoute> => ({
  name,
  host: "127.0.0.1",
  port: await freePort(),
  prefix: `/${name}`,
  strip_prefix: false,
  skip_prefix: [],
  ...more,
});

const gateway = suiteGateway(async () => ({
  slots: 45,
  route: { cors, max_body_bytes: 100, timeouts: { response_ms: 400 }, concurrency: { max: 1, queue: 0 } },
  env: { GATEWAY_BODY_TIMEOUT_MS: "500", GATEWAY_CONNECT_TIMEOUT_MS: "500" },
  routes: [
    await down("down", { cors, websocket: true }),
    await down("limited", { cors, websocket: true, rate_limit: { total: { rate: 0.001, burst: 1 } } }),
    await down("any", { cors: { origins: ["*"] } }),
    await down("none", {}),
  ],
}));

/** What a page needs to read an answer, and a cache to keep it apart (Fetch standard, CORS check; 4.10). */
function expectReadable(answer: Message): void {
  expect(values(answer, "access-control-allow-origin"), answer.startLine).toEqual([page]);
  expect(values(answer, "access-control-allow-credentials")).toEqual(["true"]);
  expect(values(answer, "access-control-expose-headers")).toEqual(["X-Request-ID"]);
  expect(values(answer, "vary").join()).toMatch(/\borigin\b/i);
}

describe.concurrent("answers of a route with CORS rules can be read by its pages (Fetch standard, CORS protocol)", () => {
  test("must: a service's answer; its own fields are replaced (mutant: ignored in answers)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = always(
      "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nVary: Accept\r\nContent-Length: 2\r\n\r\nok",
    );
    const answer = onlyAnswer(await gateway.exchange(get(`${prefix}/x`, origin)));
    expectReadable(answer);
    expect(values(answer, "vary").join()).toMatch(/accept/i);
  });

  test.each([
    ["413 by its length", 413, (p: string) => post(`${p}/x`, "x".repeat(101), "Content-Length: 101", origin)],
    [
      "413 by its chunks",
      413,
      (p: string) =>
        post(`${p}/x`, `96\r\n${"x".repeat(150)}\r\n0\r\n\r\n`, "Transfer-Encoding: chunked", origin),
    ],
    ["417", 417, (p: string) => get(`${p}/x`, "Expect: 200-maybe", origin)],
    [
      "400 for a broken chunk",
      400,
      (p: string) => post(`${p}/x`, "ZZ\r\n", "Transfer-Encoding: chunked", origin),
    ],
    ["408 for a body that stalls", 408, (p: string) => post(`${p}/x`, "abc", "Content-Length: 10", origin)],
    ["503 of a service that is down", 503, () => get("/down/x", origin)],
    ["503 to HEAD", 503, () => head("HEAD", "/down/x", origin)],
    ["503 to HTTP/1.0", 503, () => get("/down/x", origin).replace("HTTP/1.1", "HTTP/1.0")],
    ["503 of a handshake", 503, () => handshake("/down/x", origin)],
  ])("must: the gateway's own %s", async (_name, status, bytes) => {
    const { prefix } = gateway.slot();
    const answer = onlyAnswer(
      await gateway.exchange(bytes(prefix), 1, [bytes(prefix).split(" ")[0] as string]),
    );
    expect(statusOf(answer)).toBe(status);
    expectReadable(answer);
  });

  test.each([
    ["502 for bytes that are no answer", 502, "no HTTP\r\n\r\n"],
    ["502 for an answer that breaks off", 502, "HTTP/1.1 200 OK\r\nContent-Le"],
    ["504", 504, ""],
  ])("must: the gateway's own %s", async (_name, status, bytes) => {
    const { upstream, prefix, socket } = gateway.slot();
    upstream.answer = (connection) => {
      if (bytes !== "") connection.socket.end(bytes);
    };
    for (const request of [get(`${prefix}/x`, origin), handshake(`${socket}/x`, origin)]) {
      const answer = onlyAnswer(await gateway.exchange(request));
      expect(statusOf(answer)).toBe(status);
      expectReadable(answer);
    }
  });

  test("must: 503 when all places are taken", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = () => {};
    const first = gateway.open().send(get(`${prefix}/1`));
    await eventually(() => upstream.connections[0]?.answered === 1, "the first at the upstream");
    const answer = onlyAnswer(await gateway.exchange(get(`${prefix}/2`, origin)));
    expect(statusOf(answer)).toBe(503);
    expectReadable(answer);
    first.destroy();
  });

  test("must: 429, to requests and to handshakes", async () => {
    await gateway.exchange(get("/limited/x", origin));
    for (const bytes of [
      get("/limited/x", origin),
      post("/limited/x", "", "Content-Length: 0", origin),
      handshake("/limited/x", origin),
    ]) {
      const answer = onlyAnswer(await gateway.exchange(bytes));
      expect(statusOf(answer)).toBe(429);
      expectReadable(answer);
      expect(values(answer, "retry-after")).toHaveLength(1);
    }
  });

  test("must: a handshake that the service refuses", async () => {
    const { upstream, socket } = gateway.slot();
    upstream.answer = always("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
    const answer = onlyAnswer(await gateway.exchange(handshake(`${socket}/x`, origin)));
    expect(statusOf(answer)).toBe(403);
    expectReadable(answer);
  });

  test("must: a route for all origins says so on its own answers", async () => {
    const answer = onlyAnswer(await gateway.exchange(get("/any/x", origin)));
    expect([statusOf(answer), ...values(answer, "access-control-allow-origin")]).toEqual([503, "*"]);
  });

  test.each(["https://evil.example", "null", `${page}.evil.example`, `${page}:8443`])(
    "must: a page of %s gets no permission, but Vary (RFC 9110 12.5.5)",
    async (other) => {
      const { prefix } = gateway.slot();
      for (const bytes of [
        get(`${prefix}/x`, `Origin: ${other}`),
        get("/down/x", `Origin: ${other}`),
        get("/down/x"),
      ]) {
        const answer = onlyAnswer(await gateway.exchange(bytes));
        expect(values(answer, "access-control-allow-origin")).toEqual([]);
        expect(values(answer, "vary").join()).toMatch(/\borigin\b/i);
      }
    },
  );

  test("must: a control: a route without rules, and no route, say nothing", async () => {
    for (const target of ["/none/x", "/nowhere"]) {
      const answer = onlyAnswer(await gateway.exchange(get(target, origin)));
      expect(values(answer, "access-control-allow-origin")).toEqual([]);
    }
  });

  test("must: a tunnel that is accepted stays one", async () => {
    const { upstream, socket } = gateway.slot();
    upstream.answer = always(accepted());
    const received = await gateway.exchange(handshake(`${socket}/x`, origin));
    expect(statusOf(received.answers[0] as Message)).toBe(101);
  });
});
