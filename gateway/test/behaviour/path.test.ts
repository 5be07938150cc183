import { describe, expect, test } from "vitest";
import { statusOf, values } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import {
  expectCutOff,
  expectForwarded,
  expectProblem,
  expectRefused,
  expectServed,
  get,
  onlyAnswer,
} from "../support/verdict.ts";

// With a path that is denied, so that every path is also read the way a lenient upstream may.
const gateway = suiteGateway({ slots: 60, route: { deny: ["/denied"] } });

describe.concurrent("path confusion", () => {
  const traversal = "PortSwigger / Orange Tsai path confusion; RFC 3986 5.2.4, 6.2.2";
  test.each([
    ["must", "/..: dot segments never reach an upstream", traversal, "/../core"],
    ["must", "/. as a segment", traversal, "/./core"],
    ["must", "%2e%2e segments", traversal, "/%2e%2e/core"],
    ["must", "%2E. mixed", traversal, "/%2E./core"],
    ["must", "..%2f: encoded slash after dots", traversal, "/..%2fcore"],
    ["must", "%2f.. encoded slash before dots", traversal, "/a%2f../core"],
    ["must", "path ending in /..", traversal, "/x/.."],
    ["must", "path ending in /%2e%2e", traversal, "/x/%2e%2e"],
    ["must", "dots before the query", traversal, "/x/..?a"],
    ["should", "..\\ not passed on", traversal, "/..\\core"],
    ["should", "..%5c not passed on", traversal, "/..%5ccore"],
    ["should", "/..;/ (path parameter trick) not passed on", `${traversal}; Tomcat /..;/`, "/..;/core"],
    ["should", "/..;x=y/", traversal, "/..;x=y/core"],
    ["should", "/..%3b/", traversal, "/..%3b/core"],
    ["should", "dots in two bytes too many", "RFC 3629 10", "/x/%c0%ae%c0%ae/core"],
    ["should", "dots in three", "RFC 3629 10", "/x/%e0%80%ae%e0%80%ae/core"],
    ["should", "dots in four", "RFC 3629 10", "/x/%f0%80%80%ae%f0%80%80%ae/core"],
    ["should", "an escaped slash in two bytes", "RFC 3629 10", "/x/..%c0%afcore"],
    ["should", "a byte between dots that a decoder leaves out", "RFC 3629 3", "/x/.%ff./core"],
    ["should", "a byte behind dots that a decoder leaves out", "RFC 3629 3", "/x/%ff../core"],
    ["should", "a letter in five bytes", "RFC 3629 10", "/%f8%80%80%81%a1dmin"],
    ["should", "a backslash alone", "WHATWG URL: taken for a slash", "/a\\b"],
    ["should", "%5c alone", "WHATWG URL: taken for a slash", "/a%5cb"],
    ["should", "%00 not passed on", "nginx rejects; OWASP", "/a%00.png"],
    [
      "must",
      "an empty segment after the prefix would become //",
      "open redirect class; RFC 9112 3.2.1",
      "//core",
    ],
  ])("%s: %s (%s)", async (_level, _name, _source, rest) => {
    const { upstream, prefix } = gateway.slot();
    expectRefused(await gateway.exchange(get(`${prefix}${rest}`)), upstream);
  });

  test("must: dot segments are refused before routing too: they cannot lead into another service (RFC 3986 5.2.4)", async () => {
    const one = gateway.slot();
    const two = gateway.slot();
    for (const target of [`${one.prefix}/../${two.prefix.slice(1)}/x`, `/nothing/..${two.prefix}/x`]) {
      const received = await gateway.exchange(get(target));
      expectRefused(received, one.upstream);
      expectRefused(received, two.upstream);
    }
  });

  test("must: dots inside a segment are no dot segment (RFC 3986 3.3)", async () => {
    const { upstream, prefix } = gateway.slot();
    expectServed(await gateway.exchange(get(`${prefix}/a..b/.hidden/c./...`)));
    expectForwarded(upstream, { target: "/a..b/.hidden/c./..." });
  });

  test("must: bytes above ASCII pass as they are, in UTF-8 and in Latin-1 (RFC 3986 2.5)", async () => {
    const { upstream, prefix } = gateway.slot();
    expectServed(await gateway.exchange(get(`${prefix}/caf%C3%A9/caf%e9/.%C3%A9/%f0%9f%91%95`)));
    expectForwarded(upstream, { target: "/caf%C3%A9/caf%e9/.%C3%A9/%f0%9f%91%95" });
  });

  test.each([
    ["must", "raw control byte in the target", "RFC 9112 3", "\x01"],
    ["must", "raw tab in the target", "RFC 9112 3; http-garden", "\t"],
    ["must", "raw NUL in the target", "RFC 9112 3", "\0"],
    ["must", "raw DEL in the target", "RFC 9112 3", "\x7f"],
    ["must", "a second space in the target", "RFC 9112 3", " b"],
    ["must", "a bare CR in the target", "RFC 9112 2.2", "\rb"],
    ["should", "a byte above 0x7f in the target", "RFC 3986 2", "\xe9"],
    ["should", "a fragment", "RFC 9112 3.2", "#a"],
  ])("%s: %s refused (%s)", async (_level, name, _source, piece) => {
    const { upstream, prefix } = gateway.slot();
    const received = await gateway.exchange(get(`${prefix}/a${piece}`));
    if (name === "a byte above 0x7f in the target" || name === "a fragment") {
      // Refused, or passed on in a form that no recipient can read in two ways.
      if (statusOf(onlyAnswer(received)) === 400) return expectRefused(received, upstream);
      expectServed(received);
      const request = expectForwarded(upstream, {});
      expect(request.startLine).toMatch(/^GET \/a[!-"$-~]* HTTP\/1\.1$/);
      return;
    }
    expectRefused(received, upstream);
  });

  test("should: a control byte in the query is refused (RFC 3986 3.4)", async () => {
    const { upstream, prefix } = gateway.slot();
    expectRefused(await gateway.exchange(get(`${prefix}/a?x=\x01`)), upstream);
  });

  test("should: invalid %zz does not break the gateway (RFC 3986 2.1)", async () => {
    const { upstream, prefix } = gateway.slot();
    const received = await gateway.exchange(get(`${prefix}/%zz/%`));
    if (statusOf(onlyAnswer(received)) === 400) expectRefused(received, upstream);
    else {
      expectServed(received);
      expectForwarded(upstream, { target: "/%zz/%" });
    }
  });

  test.each([
    ["must", "//host/path is not taken for an authority", (prefix: string) => `//evil.example${prefix}/x`],
    ["must", "//prefix is not passed with //", (prefix: string) => `/${prefix}/x`],
  ])("%s: %s (RFC 9112 3.2.1)", async (_level, _name, target) => {
    const { upstream, prefix } = gateway.slot();
    expectRefused(await gateway.exchange(get(target(prefix))), upstream);
  });
});

describe.concurrent("forms of the request target (RFC 9112 3.2)", () => {
  test.each([
    [
      "origin-form and the Host of the URI",
      (p: string) => `http://other.example:81${p}/a?b`,
      "other.example:81",
      "/a?b",
    ],
    ["scheme in capitals", (p: string) => `HTTP://other.example${p}/a`, "other.example", "/a"],
  ])("must: absolute-form: upstream gets %s (RFC 9112 3.2.2)", async (_name, target, host, expected) => {
    const { upstream, prefix } = gateway.slot();
    expectServed(await gateway.exchange(get(target(prefix))));
    const request = expectForwarded(upstream, { target: expected, host });
    expect(values(request, "x-forwarded-host")).toEqual([host]);
  });

  test.each([
    ["user information", (p: string) => `http://user@other${p}/a`],
    ["no authority", (p: string) => `http://${p}/a`],
    ["another scheme", (p: string) => `ftp://other${p}/a`],
    ["dot segments", (p: string) => `http://other${p}/../a`],
    ["a space in the authority's place", (p: string) => `http:// other${p}/a`],
    ["a host that is none", (p: string) => `http://a"b${p}/a`],
  ])("must: absolute-form with %s is refused (RFC 9112 3.2.2; RFC 9110 4.2.4)", async (_name, target) => {
    const { upstream, prefix } = gateway.slot();
    expectRefused(await gateway.exchange(get(target(prefix))), upstream);
  });

  test("must: absolute-form without Host is still 400 (RFC 9112 3.2)", async () => {
    const { upstream, prefix } = gateway.slot();
    expectRefused(await gateway.exchange(`GET http://a${prefix}/x HTTP/1.1\r\n\r\n`), upstream);
  });

  test("must: CONNECT opens no tunnel (RFC 9110 9.3.6)", async () => {
    const { upstream } = gateway.slot();
    const received = await gateway.exchange(
      `CONNECT 127.0.0.1:${upstream.port} HTTP/1.1\r\nHost: 127.0.0.1:${upstream.port}\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n`,
    );
    expectCutOff(received, upstream, 405);
    expect(upstream.connections).toHaveLength(0);
  });

  test("should: authority-form with GET refused (RFC 9112 3.2.3)", async () => {
    const { upstream } = gateway.slot();
    expectRefused(await gateway.exchange(get("gw:80")), upstream);
  });

  test("should: OPTIONS * answered, not hung, not 5xx (RFC 9112 3.2.4)", async () => {
    const answer = onlyAnswer(await gateway.exchange("OPTIONS * HTTP/1.1\r\nHost: gw\r\n\r\n"));
    expect(statusOf(answer)).toBe(204);
  });

  test("should: GET * is refused (RFC 9112 3.2.4)", async () => {
    expectProblem(onlyAnswer(await gateway.exchange(get("*"))), 400);
  });

  test("should: TRACE is not forwarded (RFC 9110 9.3.8 (XST); OWASP)", async () => {
    const { upstream, prefix } = gateway.slot();
    const received = await gateway.exchange(
      `TRACE ${prefix}/x HTTP/1.1\r\nHost: gw\r\nCookie: secret\r\n\r\n`,
    );
    expectRefused(received, upstream, 405);
    expect(received.text).not.toContain("secret");
  });
});
