import { describe, expect, test } from "vitest";
import { eventually } from "../support/client.ts";
import { values } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { always, thenClose } from "../support/upstream.ts";
import { expectForwarded, expectProblem, expectServed, get, onlyAnswer } from "../support/verdict.ts";

const gateway = suiteGateway({ slots: 80 });

describe.concurrent("hop-by-hop fields (RFC 9110 7.6.1)", () => {
  test.each([
    [
      "must",
      "fields named in Connection",
      ["Connection: close, X-Secret, x-other", "X-Secret: 1", "X-Other: 2"],
      ["x-secret", "x-other"],
    ],
    [
      "must",
      "fields named in a second Connection",
      ["Connection: keep-alive", "Connection: X-Secret", "X-Secret: 1"],
      ["x-secret"],
    ],
    [
      "must",
      "Keep-Alive and TE",
      ["Keep-Alive: timeout=5", "TE: trailers", "Connection: TE, Keep-Alive"],
      ["keep-alive", "te"],
    ],
    ["must", "TE that Connection does not name", ["TE: trailers"], ["te"]],
    ["should", "Proxy-Connection", ["Proxy-Connection: keep-alive"], ["proxy-connection"]],
    [
      "should",
      "Trailer and Proxy-Authorization",
      ["Trailer: X-A", "Proxy-Authorization: Basic x"],
      ["trailer", "proxy-authorization"],
    ],
    [
      "must",
      "Upgrade: h2c (Bishop Fox h2c smuggling)",
      ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"],
      ["upgrade", "http2-settings"],
    ],
    [
      "must",
      "Upgrade: h2c beside WebSocket",
      ["Connection: Upgrade", "Upgrade: h2c, websocket"],
      ["upgrade"],
    ],
  ])("%s: %s not forwarded on a plain request", async (_level, _name, fields, gone) => {
    const { upstream, prefix } = gateway.slot();
    expectServed(await gateway.exchange(get(`${prefix}/x`, ...fields, "X-Kept: 1")));
    const request = expectForwarded(upstream, { target: "/x" });
    for (const name of gone) expect([name, values(request, name)]).toEqual([name, []]);
    expect(values(request, "x-kept")).toEqual(["1"]);
  });

  test.each(["Host", "Content-Length", "X-Request-ID", "X-Forwarded-For", "Transfer-Encoding"])(
    "must: Connection: %s does not take the gateway's own fields away (hop-by-hop abuse; RFC 9110 7.6.1)",
    async (name) => {
      const { upstream, prefix } = gateway.slot();
      const chunked = name === "Transfer-Encoding";
      const received = await gateway.exchange(
        `POST ${prefix}/x HTTP/1.1\r\nHost: gw\r\n${chunked ? "Transfer-Encoding: chunked" : "Content-Length: 3"}\r\nConnection: ${name}\r\n\r\n${chunked ? "3\r\nabc\r\n0\r\n\r\n" : "abc"}`,
      );
      expectServed(received);
      const request = expectForwarded(upstream, { method: "POST", body: "abc" });
      expect(values(request, "x-forwarded-for")).toEqual(["127.0.0.1"]);
      expect(values(request, "x-request-id")).toHaveLength(1);
    },
  );

  test("should: hop-by-hop fields of the response are removed", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = always(
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: X-Mine\r\nX-Mine: 1\r\nKeep-Alive: timeout=1234\r\nProxy-Connection: x\r\nUpgrade: h2c\r\nTrailer: X\r\nX-Kept: 1\r\n\r\nok",
    );
    const received = await gateway.exchange(get(`${prefix}/x`));
    const answer = expectServed(received);
    for (const name of ["x-mine", "proxy-connection", "upgrade", "trailer"])
      expect(values(answer, name)).toEqual([]);
    expect(received.text).not.toContain("1234");
    expect(values(answer, "x-kept")).toEqual(["1"]);
  });

  test("must: trailers of an answer are not merged into its header (RFC 9110 6.5)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = always(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Trailer: 1\r\nX-Frame-Options: ALLOW\r\n\r\n",
    );
    const answer = expectServed(await gateway.exchange(get(`${prefix}/x`)));
    expect(values(answer, "x-trailer")).toEqual([]);
    expect(values(answer, "x-frame-options")).toEqual(["DENY"]);
  });
});

describe.concurrent("answers", () => {
  test("should: security headers also on the gateway own 404, and the request id (defence in depth)", async () => {
    const answer = onlyAnswer(await gateway.exchange(get("/nowhere", "X-Request-ID: abc-9")));
    expectProblem(answer, 404);
    expect(values(answer, "x-request-id")).toEqual(["abc-9"]);
    expect(values(answer, "date")).toHaveLength(1);
  });

  test("must: the security fields are set once, whatever the upstream says (design 4)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = always(
      "HTTP/1.1 200 OK\r\nX-Frame-Options: ALLOW\r\nX-Content-Type-Options: no\r\nContent-Length: 2\r\n\r\nok",
    );
    const answer = expectServed(await gateway.exchange(get(`${prefix}/x`)));
    expect(values(answer, "x-frame-options")).toEqual(["DENY"]);
    expect(values(answer, "x-content-type-options")).toEqual(["nosniff"]);
  });

  test("must: repeated Set-Cookie and request field order kept (RFC 9110 5.3)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = always(
      "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nX-Z: 1\r\nSet-Cookie: b=2; Path=/\r\nX-A: 2\r\nX-Z: 3\r\nset-cookie: c\r\nContent-Length: 2\r\n\r\nok",
    );
    const mine = ["X-Z: 1", "X-A: 2", "X-Z: 3", "Cookie: a=1", "Cookie: b=2", "x-A: 4", "Accept: a, b"];
    const answer = expectServed(await gateway.exchange(get(`${prefix}/x`, ...mine)));
    expect(values(answer, "set-cookie")).toEqual(["a=1", "b=2; Path=/", "c"]);
    const kept = (fields: readonly (readonly [string, string])[]) =>
      fields.filter(([name]) => /^(x-[az]|cookie|accept)$/i.test(name)).map((pair) => pair.join(": "));
    expect(kept(answer.fields)).toEqual(["X-Z: 1", "X-A: 2", "X-Z: 3"]);
    expect(kept(expectForwarded(upstream, {}).fields)).toEqual(mine);
  });

  test("should: bytes above 0x7f in values pass unchanged, both ways (RFC 9110 5.5 (obs-text))", async () => {
    const { upstream, prefix } = gateway.slot();
    const name = "caf\xc3\xa9 \xe9\x80\xff";
    upstream.answer = always(`HTTP/1.1 200 OK\r\nX-Name: ${name}\r\nContent-Length: 2\r\n\r\nok`);
    const answer = expectServed(await gateway.exchange(get(`${prefix}/x`, `X-Name: ${name}`)));
    expect(values(expectForwarded(upstream, {}), "x-name")).toEqual([name]);
    expect(values(answer, "x-name")).toEqual([name]);
  });

  test("must: an empty value stays an empty field (RFC 9110 5.5)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = always("HTTP/1.1 200 OK\r\nX-Empty:\r\nContent-Length: 2\r\n\r\nok");
    const answer = expectServed(await gateway.exchange(get(`${prefix}/x`, "X-Empty:", "X-After: 1")));
    expect(values(answer, "x-empty")).toEqual([""]);
    const request = expectForwarded(upstream, {});
    expect([values(request, "x-empty"), values(request, "x-after")]).toEqual([[""], ["1"]]);
  });

  test.each([
    ["the upstream's own", "Date: Mon, 01 Jan 2024 00:00:00 GMT\r\n"],
    ["the gateway's", ""],
  ])("should: exactly one Date in the answer, %s (RFC 9110 6.6.1)", async (_name, line) => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = always(`HTTP/1.1 200 OK\r\n${line}Content-Length: 2\r\n\r\nok`);
    const [date, ...more] = values(expectServed(await gateway.exchange(get(`${prefix}/x`))), "date");
    expect(more).toEqual([]);
    if (line !== "") expect(`Date: ${date}\r\n`).toBe(line);
    else expect(Math.abs(Date.parse(date as string) - Date.now())).toBeLessThan(5_000);
  });

  test("must: a client that asks for the end gets it (RFC 9112 9.6)", async () => {
    const { upstream, prefix } = gateway.slot();
    const received = await gateway.exchange(get(`${prefix}/x`, "Connection: close"));
    expect(values(expectServed(received), "connection")).toEqual(["close"]);
    expect(received.closed).toBe(true);
    expectForwarded(upstream, {});
  });
});

describe("the access log", () => {
  test("must: one valid JSON log line per request whatever bytes it carried (log injection)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = thenClose("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
    const before = gateway.log.length;
    const targets = [
      `${prefix}/log-1?a="b"&c=\\n{}`,
      `${prefix}/log-2%0a%0d%22%7b?%0a`,
      `${prefix}/log-3?token=hush&to%6ben=hush&access_token=hush`,
      `${prefix}/log-4/\\"}`,
      "/log-5-nowhere?x=%00",
    ];
    for (const target of targets)
      await gateway.exchange(
        get(
          target,
          'User-Agent: "}\\\x80\xff{\t',
          "Authorization: Bearer hush",
          'X-Request-ID: "a',
          "Referer: \xe2\x80\xa8",
        ),
      );
    await gateway.exchange(`GET ${prefix}/log-6\x01\x1b[31m HTTP/1.1\r\n\r\n`);
    const lines = () =>
      gateway.log.slice(before).filter((line) => line.includes('"request"') && line.includes("log-"));
    await eventually(() => lines().length >= targets.length, "a line per request");
    for (const line of gateway.log.slice(before)) {
      expect(() => JSON.parse(line)).not.toThrow();
      expect(line).toMatch(/^[\x20-\x7e\x80-\uffff]+$/);
      expect(line).not.toContain("hush");
    }
    const paths = lines().map((line) => (JSON.parse(line) as { path: string }).path);
    expect(paths).toHaveLength(targets.length);
    expect(new Set(paths).size).toBe(targets.length);
  });
});
