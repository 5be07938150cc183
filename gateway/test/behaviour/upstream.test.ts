import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { eventually, pause } from "../support/client.ts";
import { DeafAddress } from "../support/deaf.ts";
import { Gateway } from "../support/gateway.ts";
import { statusOf } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { always, Upstream } from "../support/upstream.ts";
import { expectForwarded, expectProblem, expectServed, get, onlyAnswer } from "../support/verdict.ts";

const deaf = new DeafAddress();
const gateway = suiteGateway(async () => {
  await deaf.listen();
  return {
    slots: 70,
    env: { GATEWAY_CONNECT_TIMEOUT_MS: "600", GATEWAY_RESPONSE_TIMEOUT_MS: "1200" },
    routes: [{ name: "deaf", host: "127.0.0.1", port: deaf.port, prefix: "/deaf", strip_prefix: true }],
  };
});
afterAll(() => deaf.close());
const took = async <T>(work: Promise<T>): Promise<[T, number]> => {
  const start = Date.now();
  return [await work, Date.now() - start];
};

describe.concurrent("an upstream that is not there", () => {
  test("must: upstream refuses: 502/503 quickly, recovers by itself at once (nginx, Envoy)", async () => {
    const { upstream, prefix } = gateway.slot();
    const { port } = upstream;
    await upstream.close();
    for (let i = 0; i < 3; i++) {
      const [received, ms] = await took(gateway.exchange(get(`${prefix}/x`)));
      expectProblem(onlyAnswer(received), 503);
      expect(ms).toBeLessThan(600);
    }
    await upstream.listen("127.0.0.1", port);
    expectServed(await gateway.exchange(get(`${prefix}/x`)));
    expectForwarded(upstream, { target: "/x" });
  });

  test("must: upstream accepts no connection (SYN dropped): 504/502/503 in bounded time (Envoy connect_timeout)", async () => {
    const [received, ms] = await took(gateway.exchange(get("/deaf/x")));
    expectProblem(onlyAnswer(received), [504, 503, 502]);
    expect(ms).toBeGreaterThan(400);
    // Less than the time for an answer: it is the connection that has the limit.
    expect(ms).toBeLessThan(1_150);
  });

  test.each([
    ["nothing", ""],
    ["half a status line", "HTTP/1.1 20"],
    ["a head without its end", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"],
  ])(
    "must: upstream accepts and never answers (%s): 504 in bounded time (nginx proxy_read_timeout; Envoy route timeout)",
    async (_name, bytes) => {
      const { upstream, prefix } = gateway.slot();
      upstream.answer = always(bytes);
      const [received, ms] = await took(gateway.exchange(get(`${prefix}/x`)));
      expectProblem(onlyAnswer(received), 504);
      expect(ms).toBeGreaterThan(900);
      expect(ms).toBeLessThan(4_000);
      expectForwarded(upstream, { target: "/x" });
      await eventually(
        () => upstream.connections.every(({ ended }) => ended),
        "the upstream connection is closed",
      );
    },
  );

  test("should: after an overdue answer comes in, nobody gets it (response queue poisoning)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }, _request, index) => {
      if (upstream.connections.length === 1 && index === 0)
        setTimeout(() => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate"), 1_500);
      else socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    };
    expectProblem(onlyAnswer(await gateway.exchange(get(`${prefix}/1`))), 504);
    expectServed(await gateway.exchange(get(`${prefix}/2`)));
    await pause(500);
    expectServed(await gateway.exchange(get(`${prefix}/3`)));
  });

  test("must: an upstream address change is followed within seconds (DNS of container networks)", async (context) => {
    if (process.env.GATEWAY_UNDER_TEST && !process.env.GATEWAY_UNDER_TEST.includes("node"))
      return context.skip("the name is moved by a Node option");
    const file = join(mkdtempSync(join(tmpdir(), "gateway-name-")), "address");
    writeFileSync(file, "127.0.0.1");
    const before = await new Upstream().listen("127.0.0.1");
    const after = await new Upstream().listen("127.0.0.2", before.port);
    after.answer = always("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nmoved");
    const hook = fileURLToPath(new URL("../support/moving-name.mjs", import.meta.url));
    const own = await Gateway.start({
      slots: 0,
      env: { NODE_OPTIONS: `--import ${hook}`, MOVING_NAME_FILE: file },
      routes: [{ name: "moving", host: "moving.test", port: before.port, prefix: "/m", strip_prefix: true }],
    });
    try {
      for (let i = 0; i < 3; i++) expectServed(await own.exchange(get("/m/x")));
      writeFileSync(file, "127.0.0.2");
      await before.close();
      const start = Date.now();
      let status = 0;
      while (status !== 200 && Date.now() - start < 5_000)
        status = statusOf(onlyAnswer(await own.exchange(get("/m/x"))));
      expect(status).toBe(200);
      expect(Date.now() - start).toBeLessThan(3_000);
      expectServed(await own.exchange(get("/m/x")), "moved");
    } finally {
      await own.stop();
      await after.close();
    }
  });

  test("must: an unknown host name: 502/503 (Envoy)", async () => {
    const own = await Gateway.start({
      slots: 0,
      routes: [{ name: "none", host: "no-such-host.invalid", port: 1, prefix: "/n", strip_prefix: true }],
    });
    const [received, ms] = await took(own.exchange(get("/n/x")));
    await own.stop();
    expectProblem(onlyAnswer(received), [502, 503]);
    expect(ms).toBeLessThan(5_000);
  });
});
