import { afterAll, beforeAll, expect, test } from "vitest";
import { type Client, eventually, pause } from "../support/client.ts";
import { accepted, handshake } from "../support/frames.ts";
import { Gateway, type TestRoute } from "../support/gateway.ts";
import { statusOf } from "../support/strict.ts";
import { always, Upstream } from "../support/upstream.ts";
import { expectServed, get, onlyAnswer } from "../support/verdict.ts";

const upstream = new Upstream();
beforeAll(() => upstream.listen());
afterAll(() => upstream.close());

const route = (name: string, more: TestRoute = {}): TestRoute => ({
  name,
  host: "127.0.0.1",
  port: upstream.port,
  prefix: `/${name}`,
  strip_prefix: false,
  skip_prefix: [],
  ...more,
});
const limited = { rate_limit: { per_client: { rate: 0.001, burst: 2 } } };
const inTotal = { rate_limit: { total: { rate: 0.001, burst: 2 } } };
const one = { concurrency: { max: 1, queue: 0 } };

/** Runs a case between two tables. */
async function reloaded(
  before: () => TestRoute[],
  after: () => TestRoute[],
  run: (gateway: Gateway, reload: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const gateway = await Gateway.start({ slots: 0, routes: before() });
  try {
    await run(gateway, () => gateway.reload(after()));
  } finally {
    await gateway.stop();
  }
}
const status = async (gateway: Gateway, target: string) =>
  statusOf(onlyAnswer(await gateway.exchangeQuick(get(target))));

const changes: [string, () => TestRoute[]][] = [
  ["another route", () => [route("other", { max_body_bytes: 5 })]],
  ["a route that comes before it", () => [route("new"), route("other")]],
  ["no other route any more", () => []],
];

test.each(changes)("must: a reload that changes %s keeps a route's buckets", async (_name, others) => {
  const mine = () => [route("mine", limited), route("total", inTotal)];
  await reloaded(
    () => [...mine(), route("other")],
    () => [...others(), ...mine()],
    async (gateway, reload) => {
      for (const target of ["/mine/x", "/total/x"]) expect(await status(gateway, target)).toBe(200);
      await reload();
      for (const target of ["/mine/x", "/total/x"])
        expect([await status(gateway, target), await status(gateway, target)]).toEqual([200, 429]);
      await gateway.reload([...mine(), route("third")]);
      for (const target of ["/mine/x", "/total/x"]) expect(await status(gateway, target)).toBe(429);
    },
  );
});

test("must: what else a route says may change, its limits go on", async () => {
  await reloaded(
    () => [route("mine", limited)],
    () => [route("mine", { ...limited, max_body_bytes: 7, timeouts: { response_ms: 5_000 } })],
    async (gateway, reload) => {
      for (let i = 0; i < 2; i++) expect(await status(gateway, "/mine/x")).toBe(200);
      await reload();
      expect(await status(gateway, "/mine/x")).toBe(429);
    },
  );
});

test("must: a limit that was changed holds from then on", async () => {
  await reloaded(
    () => [route("mine", limited)],
    () => [route("mine", { rate_limit: { per_client: { rate: 0.001, burst: 50 } } })],
    async (gateway, reload) => {
      for (let i = 0; i < 2; i++) expect(await status(gateway, "/mine/x")).toBe(200);
      expect(await status(gateway, "/mine/x")).toBe(429);
      await reload();
      expect(await status(gateway, "/mine/x")).toBe(200);
    },
  );
});

test.each(changes)(
  "must: a reload that changes %s keeps count of what is under way",
  async (_name, others) => {
    upstream.answer = ({ socket }, { startLine }) => {
      if (!startLine.includes("/slow")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    };
    await reloaded(
      () => [route("mine", one), route("other")],
      () => [...others(), route("mine", one)],
      async (gateway, reload) => {
        const seen = upstream.connections.length;
        const slow = gateway.open().send(get("/mine/slow"));
        await eventually(() => upstream.connections.length > seen, "the request at the upstream");
        expect(await status(gateway, "/mine/x")).toBe(503);
        await reload();
        expect(await status(gateway, "/mine/x")).toBe(503);
        const { socket } = upstream.connections.findLast(({ bytes }) => bytes.includes("/mine/slow")) as {
          socket: Client["socket"];
        };
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow");
        expectServed(await slow.settle(), "slow");
        // Given back once, not twice and not never.
        expect(await status(gateway, "/mine/x")).toBe(200);
        slow.destroy();
      },
    );
  },
);

test("must: a reload keeps count of open tunnels", async () => {
  upstream.answer = always(accepted());
  const mine = () => route("mine", { ...one, websocket: true });
  await reloaded(
    () => [mine(), route("other")],
    () => [mine()],
    async (gateway, reload) => {
      const tunnel = gateway.open().send(handshake("/mine/x"));
      await tunnel.until(() => tunnel.answers.length > 0);
      await reload();
      expect(statusOf(onlyAnswer(await gateway.exchange(handshake("/mine/y"))))).toBe(503);
      tunnel.destroy();
      await pause(200);
      const next = gateway.open().send(handshake("/mine/z"));
      await next.until(() => next.answers.length > 0);
      expect(statusOf(next.answers[0] as never)).toBe(101);
      next.destroy();
    },
  );
});
