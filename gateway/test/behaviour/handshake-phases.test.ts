import { describe, expect, test } from "vitest";
import { eventually } from "../support/client.ts";
import { accepted, handshake } from "../support/frames.ts";
import { freePort, metric } from "../support/metrics.ts";
import { statusOf, values } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { always } from "../support/upstream.ts";
import { expectProblem, get, onlyAnswer } from "../support/verdict.ts";

let metrics = 0;
const gateway = suiteGateway(async () => {
  metrics = await freePort();
  return {
    slots: 24,
    env: { GATEWAY_METRICS_PORT: String(metrics), GATEWAY_MAX_HEADERS: "50" },
    route: { rate_limit: { per_client: { rate: 0.001, burst: 3 } }, deny: ["/w0/denied"] },
  };
});
const fields = (count: number) => Array.from({ length: count }, (_, i) => `a${i}: 1`);

describe.concurrent("a handshake passes what a request passes (RFC 6455 4.2.1)", () => {
  test("must: too many fields are 431, nothing goes further (RFC 6585 5)", async () => {
    const { upstream, socket } = gateway.slot();
    for (const count of [51, 500, 1_500]) {
      const handshaken = await gateway.exchange(handshake(`${socket}/x`, ...fields(count)));
      expectProblem(onlyAnswer(handshaken), [431, 400]);
      expectProblem(onlyAnswer(await gateway.exchange(get(`${socket}/x`, ...fields(count)))), [431, 400]);
    }
    expect(upstream.connections).toHaveLength(0);
  });

  test("must: as many as may pass whole", async () => {
    const { upstream, socket } = gateway.slot();
    upstream.answer = always(accepted());
    const received = await gateway.exchange(handshake(`${socket}/x`, ...fields(40)));
    expect(statusOf(received.answers[0] as never)).toBe(101);
    expect(upstream.requests[0]?.fields.filter(([name]) => /^a\d+$/.test(name))).toHaveLength(40);
  });

  test.each([
    ["no Host", (t: string) => handshake(t).replace("Host: gw\r\n", ""), 400],
    ["two Hosts", (t: string) => handshake(t, "Host: other"), 400],
    ["a Host that is none", (t: string) => handshake(t).replace("Host: gw", "Host: a:b:c"), 400],
    ["an Expect that is not known", (t: string) => handshake(t, "Expect: 200-maybe"), 417],
    ["dot segments", (t: string) => handshake(`${t}/../y`), 400],
    ["a fragment", (t: string) => handshake(`${t}#y`), 400],
    ["a denied path", () => handshake("/w0/denied/x"), 404],
    ["no route", () => handshake("/nowhere"), 404],
  ])("must: %s is refused with an id, told in the log and counted once", async (_name, bytes, status) => {
    const { upstream, socket } = gateway.slot();
    const received = await gateway.exchange(bytes(`${socket}/x`));
    const answer = onlyAnswer(received);
    expectProblem(answer, status);
    // Nothing after a refused handshake may be read as a request: it ends (mutant: not ended).
    expect(received.closed).toBe(true);
    expect(upstream.connections).toHaveLength(0);
    const [id] = values(answer, "x-request-id");
    const lines = () => gateway.log.filter((line) => line.includes(id as string));
    await eventually(() => lines().length > 0, "its line in the log");
    expect(lines()).toHaveLength(1);
    expect(JSON.parse(lines()[0] as string)).toMatchObject({ event: "request", status, id });
  });
});

test("must: a refused handshake is counted once, as a request and as a refusal", async () => {
  const { socket } = gateway.slot();
  const total = () => metric(metrics, "gateway_requests_total");
  const refused = () => metric(metrics, "gateway_refusals_total");
  for (const bytes of [
    handshake("/nowhere"),
    handshake(`${socket}/x`, ...fields(60)),
    handshake(`${socket}/x`).replace("Host: gw", "Host: a:b:c"),
  ]) {
    const before = [await total(), await refused()];
    expect(statusOf(onlyAnswer(await gateway.exchange(bytes)))).toBeGreaterThanOrEqual(400);
    expect([await total(), await refused()]).toEqual(before.map((count) => count + 1));
  }
});

test("must: over the rate it is 429, ended, told and counted", async () => {
  const { upstream, socket } = gateway.slot();
  upstream.answer = always("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  const got: number[] = [];
  const before = await metric(metrics, "gateway_refusals_total", 'reason="rate_limited"');
  for (let i = 0; i < 5; i++) {
    const received = await gateway.exchange(handshake(`${socket}/limited`));
    got.push(statusOf(onlyAnswer(received)));
    if (got.at(-1) === 429) expect(received.closed).toBe(true);
  }
  expect(got).toEqual([403, 403, 403, 429, 429]);
  expect(await metric(metrics, "gateway_refusals_total", 'reason="rate_limited"')).toBe(before + 2);
  const lines = await gateway.requestLines(`${socket}/limited`, 5);
  expect(lines.map(({ status }) => status)).toEqual(got);
});
