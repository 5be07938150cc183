import { describe, expect, test } from "vitest";
import { handshake } from "../support/frames.ts";
import { statusOf, values } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { expectForwarded, expectProblem, expectServed, onlyAnswer } from "../support/verdict.ts";

const gateway = suiteGateway({ slots: 90 });

const wrong = [
  "a:b:c",
  "[[[",
  "gw:999999",
  "gw:65536",
  "gw:-1",
  "gw:1e3",
  "gw:0x50",
  ":80",
  "a b",
  'a"b',
  "a<b>",
  "a\\b",
  "a^b",
  "a{b}",
  "[::1",
  "::1",
  "[::g]",
  "[::1]x",
  "[::1]:99999",
  "[]",
  "user@gw",
  "user:secret@gw",
];

describe.concurrent("an authority is checked wherever it stands (RFC 9112 3.2.2; RFC 3986 3.2)", () => {
  test.each(wrong)("must: %s is 400 as Host and as an absolute target's authority", async (name) => {
    const { upstream, prefix } = gateway.slot();
    for (const bytes of [
      `GET ${prefix}/x HTTP/1.1\r\nHost: ${name}\r\n\r\n`,
      `GET http://${name}${prefix}/x HTTP/1.1\r\nHost: gw\r\n\r\n`,
      `GET http://${name}${prefix}/x HTTP/1.1\r\nHost: ${name}\r\n\r\n`,
    ])
      expectProblem(onlyAnswer(await gateway.exchange(bytes)), 400);
    expect(upstream.connections).toHaveLength(0);
  });

  test.each(wrong.filter((name) => !name.includes(" ")))(
    "must: %s is 400 in a handshake too (RFC 6455 4.2.1)",
    async (name) => {
      const { upstream, socket } = gateway.slot();
      for (const bytes of [
        handshake(`${socket}/x`).replace("Host: gw", `Host: ${name}`),
        handshake(`http://${name}${socket}/x`),
      ])
        expectProblem(onlyAnswer(await gateway.exchange(bytes)), 400);
      expect(upstream.connections).toHaveLength(0);
    },
  );

  // The grammar of a registered name allows them, so a server may take them: but the same in both places.
  test.each(["a;b=c,d", "a,b", "%0d%0aX-Evil:1", "a%00b", "gw:", "~", "a..b"])(
    "must: %s is judged in the same way in both places",
    async (name) => {
      const { prefix } = gateway.slot();
      const statuses: number[] = [];
      for (const bytes of [
        `GET ${prefix}/x HTTP/1.1\r\nHost: ${name}\r\n\r\n`,
        `GET http://${name}${prefix}/x HTTP/1.1\r\nHost: gw\r\n\r\n`,
      ])
        statuses.push(statusOf(onlyAnswer(await gateway.exchange(bytes))));
      expect(statuses[1]).toBe(statuses[0]);
    },
  );

  test("must: an absolute target without an authority is 400 (RFC 9110 4.2.1)", async () => {
    const { upstream, prefix } = gateway.slot();
    for (const target of [`http://${prefix}/x`, `http:///${prefix}/x`, "http://", "http:"])
      expectProblem(
        onlyAnswer(await gateway.exchange(`GET ${target} HTTP/1.1\r\nHost: gw\r\n\r\n`)),
        [400, 404],
      );
    expect(upstream.connections).toHaveLength(0);
  });

  test.each([
    "gw",
    "gw:0",
    "gw:65535",
    "a.example.org:8080",
    "127.0.0.1",
    "[::1]",
    "[2001:db8::9]:443",
    "a_b",
  ])(
    "must: %s passes in both places, and is the Host that the upstream sees (RFC 9112 3.2.2)",
    async (name) => {
      const { upstream, prefix } = gateway.slot();
      expectServed(await gateway.exchange(`GET ${prefix}/x HTTP/1.1\r\nHost: ${name}\r\n\r\n`));
      const absolute = `GET http://${name}${prefix}/x HTTP/1.1\r\nHost: other\r\n\r\n`;
      expectServed(await gateway.exchange(absolute));
      expect(upstream.requests.map((request) => values(request, "host"))).toEqual([[name], [name]]);
    },
  );

  test("must: a control: an absolute target is served as its path (RFC 9112 3.2.2)", async () => {
    const { upstream, prefix } = gateway.slot();
    expectServed(await gateway.exchange(`GET http://gw${prefix}/x?y HTTP/1.1\r\nHost: gw\r\n\r\n`));
    expectForwarded(upstream, { target: "/x?y" });
  });
});
