import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { eventually } from "../support/client.ts";
import { DeafAddress } from "../support/deaf.ts";
import { accepted, handshake } from "../support/frames.ts";
import type { TestRoute } from "../support/gateway.ts";
import { statusOf } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { type Answer, always, Upstream } from "../support/upstream.ts";
import { expectProblem, expectServed, get, onlyAnswer, post } from "../support/verdict.ts";

const hook = fileURLToPath(new URL("../support/several-addresses.mjs", import.meta.url));
/** Nothing listens at .9; .5 drops every attempt; .1 and .2 answer. */
const names = {
  "refused.test": ["127.0.0.9", "127.0.0.1"],
  "refused-twice.test": ["127.0.0.9", "127.0.0.8", "127.0.0.1"],
  "six-first.test": ["::1", "127.0.0.1"],
  "silent.test": ["127.0.0.5", "127.0.0.1"],
  "two.test": ["127.0.0.1", "127.0.0.2"],
  "two-mute.test": ["127.0.0.1", "127.0.0.2"],
  "two-broken.test": ["127.0.0.1", "127.0.0.2"],
  "all-refused.test": ["127.0.0.9", "127.0.0.8"],
  "all-silent.test": ["127.0.0.5", "127.0.0.5"],
  "silent-refused.test": ["127.0.0.5", "127.0.0.9"],
};
const first = new Upstream();
const second = new Upstream();
const deaf = new DeafAddress();

/** Says which address answers, and what it was asked. */
const named =
  (name: string): Answer =>
  ({ socket }, { startLine, body }) => {
    const text = `${name} ${startLine.split(" ")[1]} ${body}`;
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
  };

/** `/refused/x` goes to `refused.test`, and so on. */
const routes = (port: number): TestRoute[] =>
  Object.keys(names).map((host) => {
    const prefix = `/${host.replace(".test", "")}`;
    return { name: host, host, port, prefix, strip_prefix: true, skip_prefix: [], websocket: true };
  });

const gateway = suiteGateway(async () => {
  await first.listen("127.0.0.1");
  await second.listen("127.0.0.2", first.port);
  await deaf.listen("127.0.0.5", first.port);
  first.answer = named("one");
  second.answer = named("two");
  return {
    slots: 2,
    env: {
      NODE_OPTIONS: `--import ${hook}`,
      SEVERAL_ADDRESSES: JSON.stringify(names),
      GATEWAY_CONNECT_TIMEOUT_MS: "2000",
      GATEWAY_RESPONSE_TIMEOUT_MS: "2000",
    },
    routes: routes(first.port),
  };
});
afterAll(async () => {
  deaf.close();
  await Promise.all([first.close(), second.close()]);
});

// One after the other: what one case leaves in a buffer must not be what the next one reads.
describe("a name with several addresses (RFC 1123 2.3)", () => {
  test.each(["refused", "refused-twice", "six-first"])(
    "must: when the first does not accept, the next is asked, and its answer is the one that came (%s)",
    async (name) => {
      for (let i = 0; i < 5; i++) expectServed(await gateway.exchange(get(`/${name}/${i}`)), `one /${i} `);
      const body = "b".repeat(70_000);
      const received = await gateway.exchange(post(`/${name}/up`, body, "Content-Length: 70000"));
      expectServed(received, `one /up ${body}`);
    },
  );

  test("must: another client's answer on another route is never read in place of the own one", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }, { startLine }) => {
      const text = `secret of ${startLine.split(" ")[1]}`.padEnd(300, ".");
      socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 300\r\n\r\n${text}`);
    };
    first.answer = (connection, request, index) => {
      named("one")(connection, request, index);
      // Each request needs a connection of its own, and so a buffer that another has had.
      connection.socket.end();
    };
    for (let i = 0; i < 10; i++) {
      await gateway.exchange(get(`${prefix}/alice${i}`, `Authorization: Bearer ${i}`));
      const received = await gateway.exchange(get(`/refused/bob${i}`));
      expect(received.text).not.toContain("secret");
      expectServed(received, `one /bob${i} `);
    }
    first.answer = named("one");
  });

  test("must: many at once each get their own (cross-talk)", async () => {
    const asked = ["refused", "six-first", "refused-twice"].flatMap((name) =>
      Array.from({ length: 20 }, (_, i) => `/${name}/${name}${i}`),
    );
    const answers = await Promise.all(asked.map((target) => gateway.exchange(get(target))));
    for (const [i, received] of answers.entries()) expectServed(received, `one /${asked[i]?.split("/")[2]} `);
  });

  test("must: a first address that is silent is passed over long before the connect time-out (RFC 8305 5)", async () => {
    const sockets = gateway.openSockets();
    const took: number[] = [];
    for (let i = 0; i < 4; i++) {
      // Ended by its upstream, so that each opens a connection.
      first.answer = ({ socket }) =>
        socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 6\r\n\r\nfast ${i}`);
      const start = Date.now();
      expectServed(await gateway.exchangeQuick(get(`/silent/${i}`)), `fast ${i}`);
      took.push(Date.now() - start);
    }
    first.answer = named("one");
    // 250 ms; a time-out would be two seconds. From then on it is tried last.
    expect(took[0]).toBeLessThan(1_500);
    expect(Math.min(...took.slice(1))).toBeLessThan(200);
    await eventually(() => gateway.openSockets() <= sockets, "nothing is left open to it");
  });

  test("must: a handshake goes to the next address too (RFC 6455 4.1)", async () => {
    first.answer = always(accepted());
    const client = gateway.open().send(handshake("/refused/x"));
    expect(await client.until(() => client.answers.length > 0)).toBe(true);
    expect(statusOf(client.answers[0] as never)).toBe(101);
    first.connections.at(-1)?.socket.write("through the tunnel");
    expect(await client.until(() => client.text.includes("through the tunnel"))).toBe(true);
    client.destroy();
    first.answer = named("one");
  });

  test("must: requests are spread, also those that come one after the other", async () => {
    const got = { one: 0, two: 0 };
    for (let i = 0; i < 40; i++) {
      const received = await gateway.exchangeQuick(get(`/two/${i}`));
      got[onlyAnswer(received).body.toString().split(" ")[0] as keyof typeof got]++;
    }
    expect(got.one + got.two).toBe(40);
    expect(Math.min(got.one, got.two)).toBeGreaterThanOrEqual(10);
  });

  test.each([
    ["mute", 504, () => {}],
    ["broken", 502, ({ socket }) => socket.resetAndDestroy()],
  ] satisfies [string, number, Answer][])(
    "must: one that accepts and then is %s takes one request with it, the next go to the other (Envoy outlier detection)",
    async (kind, status, answer) => {
      second.answer = answer;
      const ask = async () => {
        const received = await gateway.exchange(post(`/two-${kind}/x`, "abc", "Content-Length: 3"));
        return statusOf(onlyAnswer(received));
      };
      // Two at once go to one address each.
      expect((await Promise.all([ask(), ask()])).sort()).toEqual([200, status]);
      for (let i = 0; i < 6; i++) expect(await ask()).toBe(200);
      second.answer = named("two");
    },
  );

  test("must: an address that dies takes no request with it, the other serves", async () => {
    await second.close();
    for (let i = 0; i < 6; i++) expectServed(await gateway.exchange(get(`/two/${i}`)), `one /${i} `);
  });

  test.each([
    ["all-refused", 503],
    ["all-silent", 504],
    ["silent-refused", 504],
  ])("must: none of them accepts (%s): %i in bounded time", async (name, status) => {
    const sockets = gateway.openSockets();
    // The first time the last address is tried first, the second time the other one.
    for (let i = 0; i < 2; i++) {
      const start = Date.now();
      expectProblem(onlyAnswer(await gateway.exchange(get(`/${name}/x`))), status);
      expect(Date.now() - start).toBeLessThan(7_000);
    }
    await eventually(() => gateway.openSockets() <= sockets, "no socket is left behind");
  });
});
