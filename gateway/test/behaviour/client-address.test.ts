import { describe, expect, test } from "vitest";
import { accepted, handshake } from "../support/frames.ts";
import { statusOf, values } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { always } from "../support/upstream.ts";
import { get, onlyAnswer } from "../support/verdict.ts";

// One request per client and a thousand seconds until the next: the second 200 betrays that two were taken for one.
const route = { rate_limit: { per_client: { rate: 0.001, burst: 1 } } };
const gateway = suiteGateway({
  slots: 50,
  route,
  env: { GATEWAY_TRUSTED_PROXIES: "127.0.0.1,10.0.0.0/8,2001:db8:ffff::/48" },
});
const edge = suiteGateway({ slots: 3, route });

const chained = (chain: string) => chain.split("|").map((value) => `X-Forwarded-For: ${value}`);
const ask = async (target: string, chain: string) =>
  statusOf(onlyAnswer(await gateway.exchange(get(target, ...chained(chain)))));

describe.concurrent("who a trusted proxy says the client is (RFC 7239 5.2, 6)", () => {
  test.each([
    ["a bare address", "203.0.113.9", "203.0.113.9"],
    ["a port, as Azure's Application Gateway writes it", "203.0.113.9:4711", "203.0.113.9"],
    ["brackets and a port", "[2001:db8::9]:4711", "2001:db8::9"],
    ["brackets", "[2001:db8::9]", "2001:db8::9"],
    ["a bare IPv6 address", "2001:db8::9", "2001:db8::9"],
    ["an address mapped into IPv6", "::ffff:203.0.113.9", "203.0.113.9"],
    ["a trusted proxy behind it", "203.0.113.9, 10.1.2.3", "203.0.113.9"],
    [
      "trusted proxies with ports behind it",
      "203.0.113.9:1, 10.1.2.3:2, [2001:db8:ffff::1]:3",
      "203.0.113.9",
    ],
    ["several fields", "203.0.113.9|10.1.2.3", "203.0.113.9"],
    ["white space and empty entries", "203.0.113.9 ,, \t10.1.2.3,", "203.0.113.9"],
  ])("must: %s: what the client wrote before it is not believed", async (_name, tail, client) => {
    const { prefix } = gateway.slot();
    const statuses: number[] = [];
    for (const spoofed of ["198.51.100.1", "198.51.100.2", "unknown", "198.51.100.3:80"])
      statuses.push(await ask(`${prefix}/x`, `${spoofed}, ${tail}`));
    expect(statuses).toEqual([200, 429, 429, 429]);
    const lines = await gateway.requestLines(`${prefix}/`, 4);
    expect(new Set(lines.map((line) => line.client))).toEqual(new Set([client]));
  });

  test.each([
    ["unknown", "unknown"],
    ["an obfuscated name", "_hidden"],
    ["no address", "203.0.113"],
    ["a port without address", ":4711"],
    ["too large a port", "203.0.113.9:99999"],
    ["an escape", "203.0.113.9%0a"],
    ["a name", "client.example.org"],
  ])("must: %s stops the walk, and the nearest hop known is the client", async (_name, tail) => {
    const { prefix } = gateway.slot();
    const statuses: number[] = [];
    for (const spoofed of ["198.51.100.1", "198.51.100.2"])
      statuses.push(await ask(`${prefix}/x`, `${spoofed}, ${tail}`));
    // Also behind another trusted proxy, which then is the one known.
    for (const spoofed of ["198.51.100.1", "198.51.100.2"])
      statuses.push(await ask(`${prefix}/x`, `${spoofed}, ${tail}, 10.1.2.3`));
    expect(statuses).toEqual([200, 429, 200, 429]);
    const lines = await gateway.requestLines(`${prefix}/`, 4);
    expect(lines.map((line) => line.client)).toEqual(["127.0.0.1", "127.0.0.1", "10.1.2.3", "10.1.2.3"]);
  });

  test("must: two clients whose proxy writes ports have a bucket each", async () => {
    const { prefix } = gateway.slot();
    const statuses: number[] = [];
    for (const client of ["203.0.113.9:51234", "203.0.113.10:1", "203.0.113.9:1", "[2001:db8::9]:1"])
      statuses.push(await ask(`${prefix}/x`, client));
    expect(statuses).toEqual([200, 200, 429, 200]);
  });

  test("must: the leftmost entry is not believed where the proxy appended another (mutant: leftmost)", async () => {
    const { prefix } = gateway.slot();
    expect(await ask(`${prefix}/x`, "198.51.100.1, 203.0.113.9")).toBe(200);
    expect(await ask(`${prefix}/x`, "198.51.100.1, 203.0.113.10")).toBe(200);
    expect(await ask(`${prefix}/x`, "198.51.100.2, 203.0.113.9")).toBe(429);
  });

  test("must: only trusted proxies in the chain: the farthest of them is the client", async () => {
    const { prefix } = gateway.slot();
    expect(await ask(`${prefix}/x`, "10.9.9.9, 10.1.2.3")).toBe(200);
    expect((await gateway.requestLines(`${prefix}/`))[0]?.client).toBe("10.9.9.9");
  });

  test("must: handshakes go by the same address (RFC 6455 4.2.2)", async () => {
    const { upstream, socket } = gateway.slot();
    upstream.answer = always(accepted());
    const statuses: number[] = [];
    for (const spoofed of ["198.51.100.1", "198.51.100.2"]) {
      const bytes = handshake(`${socket}/x`, `X-Forwarded-For: ${spoofed}, 203.0.113.9:4711`);
      const { answers } = await gateway.exchange(bytes);
      statuses.push(statusOf(answers[0] as never));
    }
    expect(statuses).toEqual([101, 429]);
  });

  test("must: the chain that reaches the upstream ends with the peer", async () => {
    const { upstream, prefix } = gateway.slot();
    await ask(`${prefix}/x`, "198.51.100.1, 203.0.113.9:4711");
    const chain = values(upstream.requests[0] as never, "x-forwarded-for").join(", ");
    expect(chain).toMatch(/203\.0\.113\.9(:4711)?, 127\.0\.0\.1$/);
  });
});

describe("a client that is no trusted proxy", () => {
  test("must: is itself, whatever it writes", async () => {
    const { prefix } = edge.slot();
    const statuses: number[] = [];
    for (const spoofed of ["198.51.100.1", "198.51.100.2:1", "unknown"])
      statuses.push(
        statusOf(onlyAnswer(await edge.exchange(get(`${prefix}/x`, `X-Forwarded-For: ${spoofed}`)))),
      );
    expect(statuses).toEqual([200, 429, 429]);
  });
});
