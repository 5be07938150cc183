import { afterEach, describe, expect, test, vi } from "vitest";
import type { Route } from "../../config/route-table.ts";
import { GatewayUnderTest, get, ok, RawUpstream } from "./harness.ts";

let gateway: GatewayUnderTest;
let upstream: RawUpstream;

async function start(
  answer: ConstructorParameters<typeof RawUpstream>[0] = ok,
  env: Record<string, string> = {},
  route: Partial<Route> = {},
): Promise<void> {
  upstream = new RawUpstream(answer);
  gateway = new GatewayUnderTest();
  await gateway.start(await upstream.listen(), { GATEWAY_DRAIN_MS: "200", ...env }, route);
}

afterEach(async () => {
  await gateway.stop();
  upstream.close();
});

const seen = (): string => upstream.received.join("");
const post = (body: string, ...fields: string[]): string =>
  ["POST /a/x HTTP/1.1", "Host: gw", ...fields, "", body].join("\r\n");

describe("headers", () => {
  test("the upstream gets Host unchanged, one request id, and X-Forwarded-* of this connection only", async () => {
    await start();
    const answer = await gateway.raw(
      get(
        "/a/x",
        "X-Forwarded-For: 6.6.6.6",
        "X-Real-IP: 6.6.6.6",
        "Forwarded: for=6.6.6.6",
        "X-Request-ID: abc-1",
      ),
    );
    expect(seen()).toContain("GET /api/v1/x HTTP/1.1\r\n");
    expect(seen()).toContain("\r\nHost: gw\r\n");
    expect(seen()).toContain("\r\nX-Forwarded-For: 127.0.0.1\r\n");
    expect(seen()).not.toContain("6.6.6.6");
    expect(seen().match(/x-request-id: abc-1\r\n/gi)).toHaveLength(1);
    expect(answer).toContain("X-Request-ID: abc-1\r\n");
    expect(answer).toContain("X-Frame-Options: DENY\r\n");
    expect(answer).toContain("X-Content-Type-Options: nosniff\r\n");
  });

  test("a trusted proxy's chain is kept and appended to", async () => {
    await start(ok, { GATEWAY_TRUSTED_PROXIES: "127.0.0.0/8" });
    await gateway.raw(get("/a/x", "X-Forwarded-For: 6.6.6.6", "X-Forwarded-Proto: https"));
    expect(seen()).toContain("X-Forwarded-For: 6.6.6.6, 127.0.0.1\r\n");
    expect(seen()).toContain("X-Forwarded-Proto: https\r\n");
  });

  test("a malformed, overlong or doubled request id is replaced by one of our own", async () => {
    await start();
    for (const field of [
      "X-Request-ID: a b",
      `X-Request-ID: ${"x".repeat(300)}`,
      "X-Request-ID: a\r\nX-Request-ID: b",
    ])
      expect(await gateway.raw(get("/a/x", field))).toMatch(/X-Request-ID: [0-9a-f]{8}-/);
  });

  test("hop-by-hop fields and those named in Connection go no further, either way", async () => {
    await start((socket, text) => {
      if (text.includes("\r\n\r\n"))
        socket.write(
          "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Mine: 1\r\nConnection: X-Mine\r\nX-Frame-Options: ALLOW\r\n\r\nok",
        );
    });
    const answer = await gateway.raw(
      get(
        "/a/x",
        "Connection: keep-alive, X-Secret",
        "X-Secret: 1",
        "TE: trailers",
        "Keep-Alive: 5",
        "Proxy-Connection: x",
      ),
    );
    expect(seen()).not.toMatch(/x-secret|\r\nte:|\r\nkeep-alive:|proxy-connection/i);
    expect(answer).not.toMatch(/x-mine|ALLOW/i);
    expect(answer.match(/x-frame-options/gi)).toHaveLength(1);
  });
});

describe("requests that must not go on", () => {
  test.each([
    ["no Host", "GET /a/x HTTP/1.1\r\n\r\n"],
    ["two Hosts", "GET /a/x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"],
    ["a space in Host", "GET /a/x HTTP/1.1\r\nHost: a b\r\n\r\n"],
    ["user information in Host", "GET /a/x HTTP/1.1\r\nHost: u@a\r\n\r\n"],
    ["length and chunked", post("0\r\n\r\n", "Content-Length: 4", "Transfer-Encoding: chunked")],
    ["two lengths", post("abcde", "Content-Length: 4", "Content-Length: 5")],
    ["a signed length", post("abcde", "Content-Length: +5")],
    ["an unknown transfer coding", post("0\r\n\r\n", "Transfer-Encoding: xchunked")],
    ["chunked that is not last", post("0\r\n\r\n", "Transfer-Encoding: chunked, gzip")],
    ["a space before the colon", get("/a/x", "X-A : 1")],
    ["a NUL in a value", get("/a/x", "X-A: a\0b")],
    ["dot segments", get("/a/../b")],
    ["a bad version", "GET /a/x HTTP/9.9\r\nHost: gw\r\n\r\n"],
  ])("%s is answered 400", async (_name, bytes) => {
    await start();
    expect(await gateway.raw(bytes)).toMatch(/^HTTP\/1\.1 400 /);
    expect(seen()).toBe("");
  });

  test("own errors are problem details with the security fields", async () => {
    await start();
    const answer = await gateway.raw(get("/nowhere"));
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    expect(answer).toContain("Content-Type: application/problem+json");
    expect(answer).toContain("X-Frame-Options: DENY");
    expect(JSON.parse(answer.split("\r\n\r\n")[1] as string)).toMatchObject({
      type: "about:blank",
      status: 404,
    });
  });

  test("CONNECT and TRACE are refused, OPTIONS * is answered here", async () => {
    await start();
    expect(await gateway.raw("CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n")).toMatch(/^HTTP\/1\.1 405 /);
    expect(await gateway.raw("TRACE /a/x HTTP/1.1\r\nHost: gw\r\n\r\n")).toMatch(/^HTTP\/1\.1 405 /);
    expect(await gateway.raw("OPTIONS * HTTP/1.1\r\nHost: gw\r\n\r\n")).toMatch(/^HTTP\/1\.1 204 /);
    expect(seen()).toBe("");
  });

  test("the body of a refused request is never read as a request", async () => {
    await start();
    const smuggled = get("/a/smuggled");
    const answer = await gateway.raw(
      ["POST /nowhere HTTP/1.1", "Host: gw", `Content-Length: ${smuggled.length + 50}`, "", smuggled].join(
        "\r\n",
      ),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    expect(seen()).toBe("");
  });

  test("a header of 64 KiB is 431, a body over the limit 413", async () => {
    await start(ok, { GATEWAY_MAX_BODY_BYTES: "10" });
    expect(await gateway.raw(get("/a/x", `X-A: ${"a".repeat(65_536)}`))).toMatch(/^HTTP\/1\.1 431 /);
    expect(await gateway.raw(post("x".repeat(11), "Content-Length: 11"))).toMatch(/^HTTP\/1\.1 413 /);
    expect(
      await gateway.raw(post(`b\r\n${"x".repeat(11)}\r\n0\r\n\r\n`, "Transfer-Encoding: chunked")),
    ).toMatch(/^HTTP\/1\.1 413 /);
  });
});

describe("upstream trouble", () => {
  test("a refused connection is 503, an answer that never comes 504", async () => {
    await start(() => {}, { GATEWAY_RESPONSE_TIMEOUT_MS: "150" });
    expect(await gateway.raw(get("/a/x"), 1000)).toMatch(/^HTTP\/1\.1 504 /);
    upstream.close();
    expect(await gateway.raw(get("/a/x"), 1000)).toMatch(/^HTTP\/1\.1 503 /);
  });

  test("garbage and an unasked 101 are 502", async () => {
    await start((socket) => socket.write("BLAH\r\n\r\n"));
    expect(await gateway.raw(get("/a/x"))).toMatch(/^HTTP\/1\.1 502 /);
    await gateway.stop();
    upstream.close();
    await start((socket) =>
      socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"),
    );
    expect(await gateway.raw(get("/a/x"))).toMatch(/^HTTP\/1\.1 502 /);
  });

  test("an answer that is cut never looks whole", async () => {
    await start((socket) => socket.end("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"));
    const answer = await gateway.raw(get("/a/x"));
    expect(answer).toContain("abc");
    expect(answer).not.toContain("0\r\n\r\n");
  });

  test("a reset of a kept connection repeats a GET and never a POST", async () => {
    const answerOnce: ConstructorParameters<typeof RawUpstream>[0] = (socket, text, connection) => {
      const requests = text.split(/(?=GET|POST)/).length;
      // The first connection dies at its second request.
      if (connection === 0 && requests > 1) socket.resetAndDestroy();
      else ok(socket, text);
    };
    await start(answerOnce);
    expect(await gateway.raw(get("/a/1"), 150)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await gateway.raw(get("/a/2"), 150)).toMatch(/^HTTP\/1\.1 200 /);
    await gateway.stop();
    upstream.close();
    await start(answerOnce);
    expect(await gateway.raw(get("/a/1"), 150)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await gateway.raw(post("hello", "Content-Length: 5"), 150)).toMatch(/^HTTP\/1\.1 502 /);
    expect(seen().match(/POST/g)).toHaveLength(1);
  });

  test("a client that leaves half-way through an upload never completes a request upstream", async () => {
    await start(() => {});
    const client = gateway.open();
    client.write("POST /a/x HTTP/1.1\r\nHost: gw\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    await vi.waitFor(() => expect(seen()).toContain("abc"));
    client.destroy();
    await vi.waitFor(() =>
      expect(upstream.sockets[0]?.destroyed || upstream.sockets[0]?.readableEnded).toBe(true),
    );
    expect(seen()).not.toContain("0\r\n\r\n");
  });

  test("the first event of a stream arrives before the second is sent", async () => {
    await start((socket) =>
      socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n"),
    );
    const client = gateway.open();
    let text = "";
    client.on("data", (chunk) => {
      text += String(chunk);
    });
    client.write(get("/a/events"));
    await vi.waitFor(() => expect(text).toContain("data: 1"));
    upstream.sockets[0]?.write("data: 2\n\n");
    await vi.waitFor(() => expect(text).toContain("data: 2"));
    client.destroy();
  });
});

describe("connections", () => {
  test("ten pipelined requests are answered in order over few upstream connections", async () => {
    await start((socket, text) => {
      const path = [...text.matchAll(/GET (\S+)/g)].at(-1)?.[1] ?? "";
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`);
    });
    const answer = await gateway.raw(Array.from({ length: 10 }, (_, i) => get(`/a/${i}`)).join(""));
    expect([...answer.matchAll(/\/api\/v1\/(\d)/g)].map(([, i]) => i)).toEqual([..."0123456789"]);
    expect(upstream.sockets.length).toBeLessThanOrEqual(10);
  });

  test("the body of a GET goes on, and the next request is intact", async () => {
    await start((socket, text) => {
      if (/\r\n\r\nhello$/.test(text) || /GET \/api\/v1\/2[\s\S]*\r\n\r\n$/.test(text))
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    const answer = await gateway.raw(
      ["GET /a/1 HTTP/1.1", "Host: gw", "Content-Length: 5", "", `hello${get("/a/2")}`].join("\r\n"),
    );
    expect(answer.match(/HTTP\/1\.1 200 /g)).toHaveLength(2);
  });

  test("a running request finishes while the gateway drains, and idle connections close", async () => {
    await start((socket, text) => (text.includes("/slow") ? undefined : ok(socket, text)), {
      GATEWAY_DRAIN_MS: "5000",
    });
    const idle = gateway.open();
    const kept = gateway.open();
    kept.write(get("/a/1"));
    kept.resume();
    await vi.waitFor(() => expect(kept.bytesRead).toBeGreaterThan(0));
    const client = gateway.open();
    let text = "";
    client.on("data", (chunk) => {
      text += String(chunk);
    });
    client.write(get("/a/slow"));
    await vi.waitFor(() => expect(seen()).toContain("/api/v1/slow"));
    idle.resume();
    const stopped = gateway.stop();
    await vi.waitFor(() =>
      expect([idle, kept].every((socket) => socket.destroyed || socket.readableEnded)).toBe(true),
    );
    upstream.sockets.at(-1)?.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    await stopped;
    expect(text).toMatch(/^HTTP\/1\.1 200 [\s\S]*ok$/);
  });
});

describe("the access log", () => {
  test("has one line per request, with tokens taken out and nothing injected", async () => {
    await start();
    await gateway.raw(get("/a/x?to%6ben=hush&access_token=hush&a=1%0a%7b", "User-Agent: x"));
    await gateway.raw(get("/a/socket?token=hush"));
    await vi.waitFor(() => expect(gateway.log.filter(({ event }) => event === "request")).toHaveLength(2));
    expect(JSON.stringify(gateway.log)).not.toContain("hush");
    expect(gateway.log[0]).toMatchObject({
      method: "GET",
      path: "/a/x",
      status: 200,
      route: "a",
      query: "to%6ben=REDACTED&access_token=REDACTED&a=1%0a%7b",
    });
  });
});
