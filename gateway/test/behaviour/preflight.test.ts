import { describe, expect, test } from "vitest";
import { eventually } from "../support/client.ts";
import { type Message, statusOf, values } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { expectServed, get, head, onlyAnswer } from "../support/verdict.ts";

const page = "https://app.example.org";
const cors = { origins: [page], methods: ["GET", "PUT"], headers: ["X-Token"], max_age_seconds: 60 };
const gateway = suiteGateway({
  slots: 16,
  route: {
    cors,
    rate_limit: { per_client: { rate: 0.001, burst: 2 } },
    concurrency: { max: 1, queue: 0 },
  },
});
// One bucket for all clients of a route is another code path.
const total = suiteGateway({ slots: 2, route: { cors, rate_limit: { total: { rate: 0.001, burst: 1 } } } });
const preflight = (target: string, from = page, method = "PUT", ...more: string[]) =>
  head("OPTIONS", target, `Origin: ${from}`, `Access-Control-Request-Method: ${method}`, ...more);

function expectAllowed(answer: Message): void {
  expect(statusOf(answer)).toBe(204);
  expect(values(answer, "access-control-allow-origin")).toEqual([page]);
  expect(values(answer, "access-control-allow-methods").join()).toContain("PUT");
  expect(values(answer, "vary").join()).toMatch(/origin/i);
}

describe.concurrent("a preflight (Fetch standard, CORS-preflight request)", () => {
  test("must: is answered by the gateway, nothing goes further (mutant: goes to the upstream)", async () => {
    const { upstream, prefix } = gateway.slot();
    const answer = onlyAnswer(
      await gateway.exchange(
        preflight(`${prefix}/x`, page, "PUT", "Access-Control-Request-Headers: x-token"),
      ),
    );
    expectAllowed(answer);
    expect(values(answer, "access-control-max-age")).toEqual(["60"]);
    expect(values(answer, "access-control-allow-headers").join()).toMatch(/x-token/i);
    expect(upstream.connections).toHaveLength(0);
  });

  test.each([
    ["another origin", preflight("", "https://evil.example")],
    ["a method that is not allowed", preflight("", page, "DELETE")],
    ["a field that is not allowed", preflight("", page, "PUT", "Access-Control-Request-Headers: x-other")],
  ])("must: with %s is refused, and nothing goes further", async (_name, bytes) => {
    const { upstream, prefix } = gateway.slot();
    const answer = onlyAnswer(await gateway.exchange(bytes.replace("OPTIONS ", `OPTIONS ${prefix}/x`)));
    expect(statusOf(answer)).toBe(403);
    expect(values(answer, "access-control-allow-methods")).toEqual([]);
    expect(values(answer, "vary").join()).toMatch(/origin/i);
    expect(upstream.connections).toHaveLength(0);
  });

  test("must: takes nothing from the rate limit, whose end does not refuse it", async () => {
    const { prefix } = gateway.slot();
    for (let i = 0; i < 5; i++) expectAllowed(onlyAnswer(await gateway.exchange(preflight(`${prefix}/x`))));
    const statuses: number[] = [];
    for (let i = 0; i < 3; i++)
      statuses.push(statusOf(onlyAnswer(await gateway.exchange(get(`${prefix}/x`, `Origin: ${page}`)))));
    expect(statuses).toEqual([200, 200, 429]);
    expectAllowed(onlyAnswer(await gateway.exchange(preflight(`${prefix}/x`))));
  });

  test("must: the same with a limit in total", async () => {
    const { prefix } = total.slot();
    for (let i = 0; i < 3; i++) expectAllowed(onlyAnswer(await total.exchange(preflight(`${prefix}/x`))));
    expectServed(await total.exchange(get(`${prefix}/x`)));
    expect(statusOf(onlyAnswer(await total.exchange(get(`${prefix}/x`))))).toBe(429);
    expectAllowed(onlyAnswer(await total.exchange(preflight(`${prefix}/x`))));
  });

  test("must: needs no place at the service", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = () => {};
    const first = gateway.open().send(get(`${prefix}/1`));
    await eventually(() => upstream.connections[0]?.answered === 1, "the first at the upstream");
    expectAllowed(onlyAnswer(await gateway.exchange(preflight(`${prefix}/2`))));
    first.destroy();
  });

  test("must: an OPTIONS that is none goes to the service", async () => {
    const { upstream, prefix } = gateway.slot();
    expectServed(await gateway.exchange(head("OPTIONS", `${prefix}/x`, `Origin: ${page}`)));
    expect(upstream.requests).toHaveLength(1);
  });
});
