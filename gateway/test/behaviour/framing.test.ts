import { describe, expect, test } from "vitest";
import { statusOf, values } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { expectCutOff, expectForwarded, expectServed, onlyAnswer, post } from "../support/verdict.ts";

const gateway = suiteGateway({ slots: 100 });

/** Sends a POST whose body hides a second request, which must never be seen as one. */
const smuggled = "GET /s0/smuggled HTTP/1.1\r\nHost: gw\r\n\r\n";

describe.concurrent("Content-Length and Transfer-Encoding", () => {
  const desync = "PortSwigger HTTP desync research; RFC 9112 6";
  const prefix = "http-garden trophies (CL prefix parsing); RFC 9112 6.3";
  const length = (value: string) => [`Content-Length: ${value}`];
  test.each([
    [
      "must",
      "CL.TE: both headers",
      desync,
      ["Content-Length: 6", "Transfer-Encoding: chunked"],
      "0\r\n\r\nX",
    ],
    [
      "must",
      "TE.CL: both headers",
      desync,
      ["Transfer-Encoding: chunked", "Content-Length: 4"],
      `5c\r\n${smuggled}\r\n0\r\n\r\n`,
    ],
    ["should", "CL: 0 with TE", desync, ["Content-Length: 0", "Transfer-Encoding: chunked"], "0\r\n\r\n"],
    ["must", "two different Content-Length", desync, ["Content-Length: 5", "Content-Length: 6"], "abcdef"],
    ["must", "Content-Length: 5, 6", desync, length("5, 6"), "abcdef"],
    ["must", "Content-Length plus sign", prefix, length("+5"), "abcde"],
    ["must", "Content-Length minus sign", prefix, length("-5"), "abcde"],
    ["must", "Content-Length hex", prefix, length("0x5"), "abcde"],
    ["must", "Content-Length inner space", prefix, length("5 5"), "abcde"],
    ["must", "Content-Length empty", prefix, length(""), "abcde"],
    ["must", "Content-Length underscore", prefix, length("1_0"), "abcdefghij"],
    ["must", "Content-Length trailing junk", prefix, length("5abc"), "abcde"],
    ["must", "Content-Length decimal point", prefix, length("5.0"), "abcde"],
    ["must", "Content-Length beyond 64 bits", prefix, length("18446744073709551621"), "abcde"],
    ["must", "Content-Length vertical tab", prefix, length("\x0b5"), "abcde"],
  ])("%s: %s refused (%s)", async (_level, _name, _source, fields, body) => {
    const { upstream, prefix: at } = gateway.slot();
    expectCutOff(await gateway.exchange(post(`${at}/x`, body, ...fields)), upstream);
  });

  test.each([
    ["two equal Content-Length", ["Content-Length: 5", "Content-Length: 5"]],
    ["Content-Length: 5, 5", ["Content-Length: 5, 5"]],
  ])("must: %s refused or merged (RFC 9112 6.3)", async (_name, fields) => {
    const { upstream, prefix: at } = gateway.slot();
    const received = await gateway.exchange(post(`${at}/x`, "abcde", ...fields));
    if (statusOf(onlyAnswer(received)) === 400) return expectCutOff(received, upstream);
    expectServed(received);
    expect(values(expectForwarded(upstream, { method: "POST", body: "abcde" }), "content-length")).toEqual([
      "5",
    ]);
  });

  const obfuscation = "PortSwigger TE.TE; CVE-2022-32213..32215, CVE-2026-2835";
  test.each([
    ["must", "xchunked", ["Transfer-Encoding: xchunked"]],
    ["must", "space before colon", ["Transfer-Encoding : chunked"]],
    ["must", "tab before colon", ["Transfer-Encoding\t: chunked"]],
    ["must", "second TE unknown", ["Transfer-Encoding: chunked", "Transfer-Encoding: x"]],
    ["must", "first TE unknown", ["Transfer-Encoding: x", "Transfer-Encoding: chunked"]],
    ["must", "chunked not last", ["Transfer-Encoding: chunked, gzip"]],
    ["must", "identity", ["Transfer-Encoding: identity"]],
    ["must", "vertical tab", ["Transfer-Encoding: \x0bchunked"]],
    ["must", "form feed", ["Transfer-Encoding: \x0cchunked"]],
    ["must", "no-break space", ["Transfer-Encoding: \xa0chunked"]],
    ["must", "twice chunked", ["Transfer-Encoding: chunked, chunked"]],
    ["must", "twice chunked in two fields", ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"]],
    ["must", "obs-fold", ["Transfer-Encoding:\r\n chunked"]],
    ["must", "bare LF before TE", ["X-A: b\nTransfer-Encoding: chunked"]],
    ["must", "bare CR before TE", ["X-A: b\rTransfer-Encoding: chunked"]],
    ["must", "folded value", ["Transfer-Encoding: chun\r\n ked"]],
    ["must", "NUL inside", ["Transfer-Encoding: chun\0ked"]],
    ["must", "quoted", ['Transfer-Encoding: "chunked"']],
    ["must", "parameter", ["Transfer-Encoding: chunked;a=b"]],
    ["must", "empty", ["Transfer-Encoding: "]],
  ])(`%s: TE obfuscation: %s refused (${obfuscation})`, async (_level, _name, fields) => {
    const { upstream, prefix: at } = gateway.slot();
    // With a length beside it, whoever overlooks the coding reads the chunks as a body and what follows as a request.
    for (const also of [[], ["Content-Length: 5"]]) {
      const received = await gateway.exchange(post(`${at}/x`, `0\r\n\r\n${smuggled}`, ...fields, ...also));
      expectCutOff(received, upstream, [400, 501]);
    }
  });

  test("must: Chunked in capitals is chunked (RFC 9112 7)", async () => {
    const { upstream, prefix: at } = gateway.slot();
    expectServed(
      await gateway.exchange(post(`${at}/x`, "3\r\nabc\r\n0\r\n\r\n", "Transfer-Encoding: Chunked")),
    );
    expectForwarded(upstream, { method: "POST", body: "abc" });
  });

  test("must: chunked in a HTTP/1.0 request: refused or not reused (RFC 9112 6.1; CVE-2026-2835)", async () => {
    const { upstream, prefix: at } = gateway.slot();
    const received = await gateway.exchange(
      `POST ${at}/x HTTP/1.0\r\nHost: gw\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n${smuggled}`,
    );
    expect(received.closed).toBe(true);
    if (statusOf(onlyAnswer(received)) === 400) expectCutOff(received, upstream);
    else expectForwarded(upstream, { method: "POST", body: "abc" });
  });

  test("must: TE: gzip, chunked: 501/400 (RFC 9112 6.1)", async () => {
    const { upstream, prefix: at } = gateway.slot();
    const received = await gateway.exchange(
      post(`${at}/x`, "3\r\nabc\r\n0\r\n\r\n", "Transfer-Encoding: gzip, chunked"),
    );
    expectCutOff(received, upstream, [400, 501]);
  });
});
