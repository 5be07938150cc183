import { describe, expect, test } from "vitest";
import { statusOf, values } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { expectCutOff, expectForwarded, expectServed, get, onlyAnswer } from "../support/verdict.ts";

const gateway = suiteGateway({ slots: 60 });

describe.concurrent("field lines", () => {
  test.each([
    ["must", "space before the colon", "RFC 9112 5.1 (MUST 400); CVE-2021-22959", "X-A : b"],
    ["must", "NUL in a value", "RFC 9110 5.5", "X-A: a\0b"],
    ["should", "control byte in a value", "RFC 9110 5.5", "X-A: a\x01b"],
    ["should", "DEL in a value", "RFC 9110 5.5", "X-A: a\x7fb"],
    ["must", "white space before the first field", "RFC 9112 2.2", " X-A: b"],
  ])("%s: %s refused (%s)", async (_level, name, _source, line) => {
    const { upstream, prefix } = gateway.slot();
    const bytes =
      name === "white space before the first field"
        ? `GET ${prefix}/x HTTP/1.1\r\n${line}\r\nHost: gw\r\n\r\n`
        : get(`${prefix}/x`, line);
    expectCutOff(await gateway.exchange(bytes), upstream);
  });

  test.each([
    ["obs-fold: refused or unfolded", "RFC 9112 5.2", "X-A: a\r\n b", ["a b", "a   b", "a  b"]],
    ["line without colon: refused or dropped", "RFC 9112 5", "X-A", []],
    ["empty field name: refused or dropped", "RFC 9112 5; http-garden", ": X-A", []],
    ["( in a field name: refused or dropped", "RFC 9110 5.1", "X-(A: a", []],
    ["a byte above 0x7f in a field name: refused or dropped", "RFC 9110 5.1", "X-\xe9: a", []],
    ["bare CR in a value refused or replaced", "RFC 9112 2.2; CVE-2023-30589", "X-A: a\rb", ["a b"]],
    ["bare LF line ends: refused or normalised", "RFC 9112 2.2", "X-A: a\nX-B: b", ["a"]],
  ])("must: %s (%s)", async (_name, _source, line, acceptable) => {
    const { upstream, prefix } = gateway.slot();
    const received = await gateway.exchange(get(`${prefix}/x`, line));
    if (statusOf(onlyAnswer(received)) === 400) return expectCutOff(received, upstream);
    expectServed(received);
    const sent = values(expectForwarded(upstream, { target: "/x" }), "x-a");
    if (acceptable.length === 0) expect(sent).toEqual([]);
    else expect(acceptable).toContain(sent.join());
  });
});

describe.concurrent("request lines and line ends", () => {
  const clean = "refused, or passed on as clean HTTP/1.1";
  test.each([
    [
      "must",
      "request with LF line ends only",
      "RFC 9112 2.2",
      (p: string) => `GET ${p}/x HTTP/1.1\nHost: gw\n\n`,
    ],
    [
      "must",
      "request line: junk after version",
      "RFC 9112 3; http-garden",
      (p: string) => `GET ${p}/x HTTP/1.1 x\r\nHost: gw\r\n\r\n`,
    ],
    [
      "must",
      "request line: lower-case version",
      "RFC 9112 3; http-garden",
      (p: string) => `GET ${p}/x http/1.1\r\nHost: gw\r\n\r\n`,
    ],
    [
      "should",
      "request line: two spaces",
      "RFC 9112 3; http-garden",
      (p: string) => `GET  ${p}/x HTTP/1.1\r\nHost: gw\r\n\r\n`,
    ],
    [
      "must",
      "request line: bad method",
      "RFC 9112 3; http-garden",
      (p: string) => `G(T ${p}/x HTTP/1.1\r\nHost: gw\r\n\r\n`,
    ],
    [
      "should",
      "request line: long version",
      "RFC 9112 3; http-garden",
      (p: string) => `GET ${p}/x HTTP/1.10\r\nHost: gw\r\n\r\n`,
    ],
    [
      "should",
      "request line: leading space",
      "RFC 9112 3; http-garden",
      (p: string) => ` GET ${p}/x HTTP/1.1\r\nHost: gw\r\n\r\n`,
    ],
    [
      "should",
      "request line: version 2.0",
      "RFC 9112 2.3",
      (p: string) => `GET ${p}/x HTTP/2.0\r\nHost: gw\r\n\r\n`,
    ],
    [
      "must",
      "request line: version 1.2",
      "RFC 9112 2.3",
      (p: string) => `GET ${p}/x HTTP/1.2\r\nHost: gw\r\n\r\n`,
    ],
    [
      "must",
      "request line: no version, with fields",
      "RFC 9112 3",
      (p: string) => `GET ${p}/x\r\nHost: gw\r\n\r\n`,
    ],
    ["must", "request line: HTTP/0.9", "RFC 9112 2.3", (p: string) => `GET ${p}/x\r\n\r\n`],
    ["should", "an empty line before the request", "RFC 9112 2.2", (p: string) => `\r\n${get(`${p}/x`)}`],
    [
      "must",
      "a tab instead of the space",
      "RFC 9112 3",
      (p: string) => `GET\t${p}/x HTTP/1.1\r\nHost: gw\r\n\r\n`,
    ],
  ])(`%s: %s ${clean} (%s)`, async (_level, name, _source, bytes) => {
    const { upstream, prefix } = gateway.slot();
    const received = await gateway.exchange(bytes(prefix));
    const status = statusOf(onlyAnswer(received));
    if (status === 400 || status === 505) return expectCutOff(received, upstream, status);
    // Another version may frame its messages in another way.
    expect(name).not.toMatch(/version 2|HTTP\/0.9|no version/);
    expectServed(received);
    expectForwarded(upstream, { target: "/x" });
  });

  test("should: HTTP/2 preface on the HTTP/1 port: refused, nothing forwarded (RFC 9113 3.4)", async () => {
    const { upstream } = gateway.slot();
    const received = await gateway.exchange("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
    expectCutOff(received, upstream, [400, 505]);
  });

  test("must: bytes that arrive one by one mean the same (RFC 9112 2.2)", async () => {
    const { upstream, prefix } = gateway.slot();
    const client = gateway.open();
    for (const byte of `POST ${prefix}/x HTTP/1.1\r\nHost: gw\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`) {
      client.send(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expectServed(await client.settle());
    expectForwarded(upstream, { method: "POST", target: "/x", body: "abc" });
    client.destroy();
  });
});
