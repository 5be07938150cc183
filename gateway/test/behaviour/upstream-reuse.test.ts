import { describe, expect, test } from "vitest";
import { eventually, pause } from "../support/client.ts";
import { Gateway } from "../support/gateway.ts";
import { statusOf, values } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { always, ok } from "../support/upstream.ts";
import { expectProblem, expectServed, get, head, onlyAnswer, post } from "../support/verdict.ts";

const gateway = suiteGateway({ slots: 24 });
const ask = (prefix: string) => gateway.exchangeQuick(get(`${prefix}/x`));

describe.concurrent("a connection to a service is not used again when its end is in doubt (undici; RFC 9112 9.3)", () => {
  test.each(["with a length", "without one"])("must: after a HEAD (%s)", async (kind) => {
    const { upstream, prefix } = gateway.slot();
    const length = "Content-Length: 2\r\n";
    upstream.answer = ({ socket }, { startLine }) => {
      if (!startLine.startsWith("HEAD")) return void socket.write(`HTTP/1.1 200 OK\r\n${length}\r\nok`);
      socket.write(`HTTP/1.1 200 OK\r\n${kind === "with a length" ? length : ""}\r\n`);
    };
    for (let i = 0; i < 2; i++) {
      const received = await gateway.exchange(head("HEAD", `${prefix}/x`), 1, ["HEAD"]);
      expect(statusOf(onlyAnswer(received))).toBe(200);
    }
    expectServed(await ask(prefix));
    expect(upstream.connections).toHaveLength(3);
    await eventually(() => upstream.connections[0]?.ended === true, "it is closed");
  });

  test("must: a service that answers HEAD with a body poisons nobody", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }, { startLine }) => {
      if (!startLine.startsWith("HEAD")) return void ok({ socket } as never, {} as never, 0);
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n");
      setTimeout(() => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno"), 20);
    };
    for (let i = 0; i < 3; i++) {
      await gateway.exchange(head("HEAD", `${prefix}/x`), 1, ["HEAD"]);
      expectServed(await ask(prefix));
    }
  });

  test.each([
    ["Content-Length: 3", "abc"],
    ["Transfer-Encoding: chunked", "3\r\nabc\r\n0\r\n\r\n"],
  ])(
    "must: after a GET with a body (%s): some services do not read it (RFC 9110 9.3.1)",
    async (field, body) => {
      const { upstream, prefix } = gateway.slot();
      expectServed(await gateway.exchange(`${head("GET", `${prefix}/x`, field)}${body}`));
      expectServed(await ask(prefix));
      expect(upstream.connections).toHaveLength(2);
    },
  );

  test.each([
    "304 Not Modified\r\nContent-Length: 2",
    "204 No Content\r\nContent-Length: 2",
    "304 Not Modified\r\nTransfer-Encoding: chunked",
  ])(
    "must: after an answer without a body that announces one (%j): it may come all the same",
    async (start) => {
      const { upstream, prefix } = gateway.slot();
      upstream.answer = always(`HTTP/1.1 ${start}\r\n\r\n`);
      for (let i = 0; i < 2; i++) {
        const answer = onlyAnswer(await ask(prefix));
        // A 204 has no length at all (RFC 9110 8.6).
        if (statusOf(answer) === 204) expect(values(answer, "content-length")).toEqual([]);
      }
      expect(upstream.connections).toHaveLength(2);
    },
  );

  test("must: after an answer that came before the request was whole (RFC 9112 9.5)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.onBytes = ({ socket, bytes }) => {
      if (bytes.includes("POST") && bytes.includes("abc") && !bytes.includes("def"))
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    };
    upstream.answer = (connection, request, index) => {
      if (request.startLine.startsWith("GET")) ok(connection, request, index);
    };
    const client = gateway.open().send(post(`${prefix}/x`, "abc", "Content-Length: 6"));
    await client.until(() => client.answers.length > 0);
    client.send("def");
    await pause(100);
    expectServed(await ask(prefix));
    expect(upstream.connections).toHaveLength(2);
    client.destroy();
  });

  test("must: a control: after a GET and a POST it is", async () => {
    const { upstream, prefix } = gateway.slot();
    for (let i = 0; i < 2; i++) {
      expectServed(await ask(prefix));
      expectServed(await gateway.exchange(post(`${prefix}/x`, "abc", "Content-Length: 3")));
    }
    expect(upstream.connections).toHaveLength(1);
  });

  test.each([
    ["timeout=2", 1_600, 2],
    ["timeout=1", 50, 2],
    ["max=100, Timeout=2", 1_600, 2],
    ["timeout=60", 1_200, 1],
    ["timeout=x", 300, 1],
    ["max=5", 300, 1],
  ])(
    "must: Keep-Alive: %s of the service is heeded, less a second (RFC 2068 19.7.1)",
    async (value, ms, connections) => {
      const { upstream, prefix } = gateway.slot();
      upstream.answer = always(`HTTP/1.1 200 OK\r\nKeep-Alive: ${value}\r\nContent-Length: 2\r\n\r\nok`);
      expectServed(await ask(prefix));
      await pause(ms);
      expectServed(await ask(prefix));
      expect(upstream.connections).toHaveLength(connections);
    },
  );
});

describe.concurrent("how long and how often a connection is used", () => {
  test("must: no longer than GATEWAY_UPSTREAM_MAX_AGE_MS, though it is never idle", async () => {
    const own = await Gateway.start({ env: { GATEWAY_UPSTREAM_MAX_AGE_MS: "500" } });
    const { upstream, prefix } = own.slot();
    for (let i = 0; i < 15; i++) {
      expectServed(await own.exchangeQuick(get(`${prefix}/${i}`)));
      await pause(100);
    }
    expect(upstream.connections.length).toBeGreaterThan(1);
    expect(upstream.connections.length).toBeLessThan(15);
    await eventually(() => upstream.connections[0]?.ended === true, "the first is closed");
    await own.stop();
  });

  test("must: no more often than GATEWAY_UPSTREAM_MAX_REQUESTS", async () => {
    const own = await Gateway.start({ env: { GATEWAY_UPSTREAM_MAX_REQUESTS: "3" } });
    const { upstream, prefix } = own.slot();
    for (let i = 0; i < 7; i++) expectServed(await own.exchangeQuick(get(`${prefix}/${i}`)));
    expect(upstream.connections.map(({ answered }) => answered)).toEqual([3, 3, 1]);
    await own.stop();
  });

  test("must: no more at once than GATEWAY_UPSTREAM_CONNECTIONS; the others wait (mutant: no limit)", async () => {
    const own = await Gateway.start({ env: { GATEWAY_UPSTREAM_CONNECTIONS: "3" } });
    const { upstream, prefix } = own.slot();
    upstream.answer = (connection, request, index) =>
      void setTimeout(() => ok(connection, request, index), 40);
    const all = await Promise.all(Array.from({ length: 15 }, (_, i) => own.exchange(get(`${prefix}/${i}`))));
    for (const received of all) expectServed(received);
    expect(upstream.connections).toHaveLength(3);
    await own.stop();
  });

  test("must: a retry gets a new connection also when no other may be opened (RFC 9112 9.3.1)", async () => {
    const own = await Gateway.start({ env: { GATEWAY_UPSTREAM_CONNECTIONS: "2" } });
    const { upstream, prefix } = own.slot();
    // Both are kept, and each is reset as it is used again.
    upstream.answer = (connection, request, index) => {
      if (index > 0) connection.socket.resetAndDestroy();
      else setTimeout(() => ok(connection, request, index), 100);
    };
    const both = ["/1", "/2"].map((path) => own.exchange(get(`${prefix}${path}`)));
    for (const received of await Promise.all(both)) expectServed(received);
    expect(upstream.connections).toHaveLength(2);
    expectServed(await own.exchange(get(`${prefix}/3`)));
    const tries = upstream.complete.filter(({ startLine }) => startLine.includes(" /3 "));
    expect(tries).toHaveLength(2);
    expect(upstream.connections.at(-1)?.answered).toBe(1);
    await own.stop();
  });

  test("must: whoever waits longer than it may is told so", async () => {
    const own = await Gateway.start({
      env: { GATEWAY_UPSTREAM_CONNECTIONS: "1", GATEWAY_CONNECT_TIMEOUT_MS: "500" },
    });
    const { upstream, prefix } = own.slot();
    upstream.answer = () => {};
    const first = own.open().send(get(`${prefix}/1`));
    await eventually(() => upstream.connections[0]?.answered === 1, "the first at the upstream");
    expectProblem(onlyAnswer(await own.exchange(get(`${prefix}/2`))), [503, 504]);
    first.destroy();
    await own.stop();
  });
});
