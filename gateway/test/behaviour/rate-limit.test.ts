import { describe, expect, test } from "vitest";
import { pause } from "../support/client.ts";
import { accepted, handshake } from "../support/frames.ts";
import type { TestRoute } from "../support/gateway.ts";
import { statusOf, values } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { always } from "../support/upstream.ts";
import { expectProblem, get, head, onlyAnswer, post } from "../support/verdict.ts";

const limited = (rate_limit: NonNullable<TestRoute["rate_limit"]>) =>
  suiteGateway({ slots: 8, route: { rate_limit }, env: { GATEWAY_TRUSTED_PROXIES: "127.0.0.1" } });
const perClient = limited({ per_client: { rate: 0.001, burst: 2 } });
const inTotal = limited({ total: { rate: 0.001, burst: 2 } });
const both = limited({ per_client: { rate: 0.001, burst: 2 }, total: { rate: 0.001, burst: 3 } });
const refilled = limited({ per_client: { rate: 0.8, burst: 1 } });

const from = (target: string, client: number) => get(target, `X-Forwarded-For: 203.0.113.${client}`);

describe.concurrent("a route's rate limit (RFC 6585 4)", () => {
  test("must: plain requests over it are 429 with Retry-After and go no further (mutant: they pass)", async () => {
    const { upstream, prefix } = perClient.slot();
    for (let i = 0; i < 2; i++)
      expect(statusOf(onlyAnswer(await perClient.exchange(get(`${prefix}/${i}`))))).toBe(200);
    for (const bytes of [
      get(`${prefix}/x`),
      head("DELETE", `${prefix}/x`),
      post(`${prefix}/x`, "abc", "Content-Length: 3"),
      get(`${prefix}/x`).replace("HTTP/1.1", "HTTP/1.0"),
    ]) {
      const answer = onlyAnswer(await perClient.exchange(bytes));
      expectProblem(answer, 429);
      expect(Number(values(answer, "retry-after")[0])).toBeGreaterThan(100);
    }
    expect(upstream.requests).toHaveLength(2);
  });

  test("must: per client: others are served, a kept connection changes nothing", async () => {
    const { prefix } = perClient.slot();
    const client = perClient.open();
    for (let i = 1; i <= 3; i++) {
      client.send(from(`${prefix}/${i}`, 1));
      await client.settle(i);
    }
    expect(client.answers.map(statusOf)).toEqual([200, 200, 429]);
    expect(statusOf(onlyAnswer(await perClient.exchange(from(`${prefix}/x`, 2))))).toBe(200);
    client.destroy();
  });

  test("must: pipelined requests are counted each", async () => {
    const { prefix } = perClient.slot();
    const received = await perClient.exchange(get(`${prefix}/x`).repeat(5), 5);
    expect(received.answers.map(statusOf).slice(0, 3)).toEqual([200, 200, 429]);
  });

  test("must: in total: all clients share it", async () => {
    const { upstream, prefix } = inTotal.slot();
    const statuses: number[] = [];
    for (let i = 1; i <= 4; i++)
      statuses.push(statusOf(onlyAnswer(await inTotal.exchange(from(`${prefix}/x`, i)))));
    expect(statuses).toEqual([200, 200, 429, 429]);
    expect(upstream.requests).toHaveLength(2);
  });

  test("must: both: whichever is reached first; a refusal takes nothing", async () => {
    const { prefix } = both.slot();
    const statuses: number[] = [];
    for (const client of [1, 1, 1, 1, 2, 2, 3])
      statuses.push(statusOf(onlyAnswer(await both.exchange(from(`${prefix}/x`, client)))));
    expect(statuses).toEqual([200, 200, 429, 429, 200, 429, 429]);
  });

  test("must: handshakes and requests of a route are counted together", async () => {
    const { upstream, socket } = perClient.slot();
    upstream.answer = always(accepted());
    const first = await perClient.exchange(handshake(`${socket}/x`));
    expect(statusOf(first.answers[0] as never)).toBe(101);
    upstream.answer = always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    expect(statusOf(onlyAnswer(await perClient.exchange(get(`${socket}/x`))))).toBe(200);
    for (const bytes of [handshake(`${socket}/x`), get(`${socket}/x`)])
      expectProblem(onlyAnswer(await perClient.exchange(bytes)), 429);
  });

  test("must: after a while there is room again", async () => {
    const { prefix } = refilled.slot();
    const ask = async () => statusOf(onlyAnswer(await refilled.exchangeQuick(get(`${prefix}/x`))));
    expect(await ask()).toBe(200);
    expect(await ask()).toBe(429);
    await pause(1_500);
    expect(await ask()).toBe(200);
  });
});
