import { expect, test } from "vitest";
import { type Client, eventually, pause } from "../support/client.ts";
import { accepted, handshake } from "../support/frames.ts";
import { Gateway, type TestRoute } from "../support/gateway.ts";
import { statusOf } from "../support/strict.ts";
import { always } from "../support/upstream.ts";
import { get, onlyAnswer } from "../support/verdict.ts";

/** Runs a case with two processes; connections go to them in turn. */
async function twoWorkers(route: TestRoute, run: (gateway: Gateway) => Promise<void>): Promise<void> {
  const gateway = await Gateway.start({
    route,
    env: { GATEWAY_WORKERS: "2", GATEWAY_TRUSTED_PROXIES: "127.0.0.1" },
  });
  try {
    await run(gateway);
  } finally {
    await gateway.stop();
  }
}
const passed = (statuses: readonly number[]) => statuses.filter((status) => status === 200).length;

test.each([
  ["in total, one after the other", { total: { rate: 0.001, burst: 3 } }, false],
  ["per client, one after the other", { per_client: { rate: 0.001, burst: 3 } }, false],
  ["in total, all at once", { total: { rate: 0.001, burst: 3 } }, true],
  ["per client, all at once", { per_client: { rate: 0.001, burst: 3 } }, true],
])("must: a rate limit %s is one limit for both workers", async (_name, rate_limit, together) => {
  await twoWorkers({ rate_limit }, async (gateway) => {
    const { upstream, prefix } = gateway.slot();
    const statuses: number[] = [];
    const ask = async () =>
      statuses.push(statusOf(onlyAnswer(await gateway.exchangeQuick(get(`${prefix}/x`)))));
    if (together) await Promise.all(Array.from({ length: 16 }, ask));
    else for (let i = 0; i < 12; i++) await ask();
    expect(passed(statuses)).toBe(3);
    expect(statuses.filter((status) => status === 429)).toHaveLength(statuses.length - 3);
    expect(upstream.requests).toHaveLength(3);
  });
});

test("must: each client has the whole of its own limit, at whichever worker", async () => {
  await twoWorkers({ rate_limit: { per_client: { rate: 0.001, burst: 2 } } }, async (gateway) => {
    const { prefix } = gateway.slot();
    for (const client of ["203.0.113.1", "203.0.113.2", "2001:db8::1"]) {
      const statuses: number[] = [];
      for (let i = 0; i < 5; i++)
        statuses.push(
          statusOf(onlyAnswer(await gateway.exchangeQuick(get(`${prefix}/x`, `X-Forwarded-For: ${client}`)))),
        );
      expect(statuses).toEqual([200, 200, 429, 429, 429]);
    }
  });
});

test("must: places at a service are those of both workers together", async () => {
  await twoWorkers({ concurrency: { max: 2, queue: 0 } }, async (gateway) => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = () => {};
    const clients = Array.from({ length: 10 }, () => gateway.open().send(get(`${prefix}/x`)));
    const refused = () => clients.filter(({ answers }) => answers.length > 0);
    await eventually(() => refused().length === 8, "eight are refused");
    expect(refused().map(({ answers }) => statusOf(answers[0] as never))).toEqual(Array(8).fill(503));
    expect(upstream.connections).toHaveLength(2);
    upstream.answer = always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    for (const { socket } of upstream.connections)
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    await eventually(() => clients.every(({ answers }) => answers.length > 0), "the others are answered");
    for (let i = 0; i < 4; i++)
      expect(statusOf(onlyAnswer(await gateway.exchange(get(`${prefix}/after`))))).toBe(200);
    for (const client of clients) client.destroy();
  });
});

test("must: those that wait get a place that comes free at the other worker", async () => {
  await twoWorkers({ concurrency: { max: 1, queue: 20, queue_ms: 8_000 } }, async (gateway) => {
    const { upstream, prefix } = gateway.slot();
    let under = 0;
    let most = 0;
    upstream.answer = ({ socket }) => {
      most = Math.max(most, ++under);
      setTimeout(() => {
        under--;
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      }, 30);
    };
    const all = await Promise.all(Array.from({ length: 12 }, () => gateway.exchange(get(`${prefix}/x`))));
    expect(passed(all.map((received) => statusOf(onlyAnswer(received))))).toBe(12);
    expect(most).toBe(1);
  });
});

test("must: tunnels are counted together too", async () => {
  await twoWorkers({ concurrency: { max: 1, queue: 0 } }, async (gateway) => {
    const { upstream, socket } = gateway.slot();
    upstream.answer = always(accepted());
    const clients: Client[] = [];
    for (let i = 0; i < 6; i++) {
      const client = gateway.open().send(handshake(`${socket}/x`));
      await client.until(() => client.answers.length > 0);
      clients.push(client);
    }
    const got = clients.map(({ answers }) => statusOf(answers[0] as never));
    expect(got).toEqual([101, 503, 503, 503, 503, 503]);
    for (const client of clients) client.destroy();
  });
});

test.runIf(process.platform === "linux")("must: the places of a worker that dies come back", async () => {
  await twoWorkers({ concurrency: { max: 1, queue: 0 } }, async (gateway) => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = () => {};
    const client = gateway.open().send(get(`${prefix}/x`));
    await eventually(() => upstream.connections.length === 1, "the request at the upstream");
    // One after the other: without any worker the port would be another.
    for (const pid of gateway.workers()) {
      process.kill(pid, "SIGKILL");
      await eventually(
        () => !gateway.workers().includes(pid) && gateway.workers().length === 2,
        "another worker in its place",
      );
      // Until the new one listens too.
      await pause(2_000);
    }
    await client.until(() => client.closed);
    upstream.answer = always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    let status = 0;
    for (const end = Date.now() + 8_000; status !== 200 && Date.now() < end; await pause(100)) {
      const { answers } = await gateway.exchangeQuick(get(`${prefix}/x`));
      if (answers[0] !== undefined) status = statusOf(answers[0]);
    }
    expect(status).toBe(200);
  });
});
