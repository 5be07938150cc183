import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { pause } from "../support/client.ts";
import { suiteGateway } from "../support/suite.ts";
import { Upstream } from "../support/upstream.ts";
import { expectProblem, expectServed, get, onlyAnswer } from "../support/verdict.ts";

const hook = fileURLToPath(new URL("../support/hanging-resolver.mjs", import.meta.url));
const upstream = new Upstream();
const connectTimeout = 1_000;
const gateway = suiteGateway(async () => {
  await upstream.listen();
  // Each request needs a connection of its own.
  upstream.answer = ({ socket }) =>
    socket.end("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
  return {
    slots: 0,
    env: { NODE_OPTIONS: `--import ${hook}`, GATEWAY_CONNECT_TIMEOUT_MS: String(connectTimeout) },
    routes: ["hanging", "silent"].map((name) => ({
      name,
      host: `${name}.test`,
      port: upstream.port,
      prefix: `/${name}`,
      strip_prefix: true,
      skip_prefix: [],
    })),
  };
});
afterAll(() => upstream.close());

test("must: while the resolver hangs, an upstream is reached where it was (RFC 8767 5)", async () => {
  expectServed(await gateway.exchange(get("/hanging/1")));
  // The gateway asks for a name again every two seconds.
  await pause(2_100);
  const all = await Promise.all(["/hanging/2", "/hanging/3"].map((target) => gateway.exchange(get(target))));
  for (const received of all) expectServed(received);
});

test("must: a name of which nothing is known yet is waited for no longer than for a connection", async () => {
  const start = performance.now();
  expectProblem(onlyAnswer(await gateway.exchange(get("/silent/x"))), 504);
  expect(performance.now() - start).toBeGreaterThan(connectTimeout - 50);
});
