import { mkdirSync } from "node:fs";
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { bodies, upstream } from "./contenders.ts";
import { beside, freePort, scratch, startGateway } from "./ours.ts";
import { end, launch, statusOf, untilServing } from "./process.ts";
import { updateDocument } from "./report.ts";

/**
 * `node bench/gateway/rolling.ts`: two gateways behind a TCP balancer are restarted one after the other under steady
 * load, on kept and on new connections. No request is tried again by the client. Exits 1 when one failed.
 */
const { values } = parseArgs({
  options: {
    cycles: { type: "string", default: "3" },
    kept: { type: "string", default: "16" },
    fresh: { type: "string", default: "8" },
    "drain-ms": { type: "string", default: "10000" },
    "update-docs": { type: "boolean", default: false },
  },
});
const folder = scratch();
mkdirSync(`${folder}/upstream`);
const [to, front, ...ports] = (await Promise.all([1, 2, 3, 4].map(freePort))) as [
  number,
  number,
  number,
  number,
];
launch(upstream(`${folder}/upstream`, to));
await untilServing(to, "/api/v1/small.json", "the upstream");
// Readiness is asked over the upstream's TCP port; the WebSocket route points there too.
const start = (port: number) =>
  startGateway({
    folder,
    port,
    to: { upstream: to, echo: to },
    env: { GATEWAY_DRAIN_MS: values["drain-ms"] },
  });
const gateways = await Promise.all(ports.map(start));
launch({ command: [process.execPath, beside("balancer.ts"), String(front), ...ports.map(String)] });
await untilServing(front, "/core/small.json", "the balancer");

let answered = 0;
let closes = 0;
const failures = new Map<string, number>();
const fail = (what: string) => failures.set(what, (failures.get(what) ?? 0) + 1);
let running = true;

/** One request; every third is a POST. Whatever is not a whole 200 is a failure. */
function ask(agent: Agent, kind: string, count: number): Promise<void> {
  const post = count % 3 === 0;
  return new Promise((resolve) => {
    const done = (problem?: string) => {
      if (problem === undefined) answered++;
      else fail(`${kind} ${post ? "POST" : "GET"}: ${problem}`);
      resolve();
    };
    const path = post ? "/core/post" : "/core/small.json";
    const sent = request({ port: front, host: "127.0.0.1", path, method: post ? "POST" : "GET", agent });
    sent.on("response", (response) => {
      let length = 0;
      if (response.headers.connection === "close" && kind === "kept") closes++;
      response.on("data", (chunk: Buffer) => {
        length += chunk.length;
      });
      response.on("error", (error: NodeJS.ErrnoException) => done(`cut off, ${error.code}`));
      response.on("end", () => {
        const expected = post ? '{"received":4096}'.length : bodies.small.length;
        done(
          response.statusCode === 200 && length === expected ? undefined : `status ${response.statusCode}`,
        );
      });
    });
    sent.on("error", (error: NodeJS.ErrnoException) =>
      done(`${error.code ?? error.message}${sent.reusedSocket ? " on a kept connection" : ""}`),
    );
    sent.setTimeout(10_000, () => sent.destroy(new Error("no answer in 10 s")));
    sent.end(post ? Buffer.alloc(4096, "x") : undefined);
  });
}

async function actor(kind: "kept" | "fresh"): Promise<void> {
  const agent = new Agent({ keepAlive: kind === "kept", maxSockets: 1 });
  for (let count = 0; running; count++) {
    await ask(agent, kind, count);
    await sleep(Math.random() * 10);
  }
  agent.destroy();
}

const actors = [
  ...Array.from({ length: Number(values.kept) }, () => actor("kept")),
  ...Array.from({ length: Number(values.fresh) }, () => actor("fresh")),
];
await sleep(1000);
let restarts = 0;
let longest = 0;
for (let cycle = 0; cycle < Number(values.cycles); cycle++)
  for (const [i, port] of ports.entries()) {
    const begin = performance.now();
    const old = gateways[i] as (typeof gateways)[number];
    old.kill("SIGTERM");
    const killer = setTimeout(
      () => fail("a gateway did not end after its drain time"),
      Number(values["drain-ms"]) + 3000,
    );
    while (old.exitCode === null && old.signalCode === null) await sleep(20);
    clearTimeout(killer);
    longest = Math.max(longest, performance.now() - begin);
    gateways[i] = await start(port);
    while ((await statusOf(port, "/_gateway/ready")) !== 200) await sleep(50);
    restarts++;
    await sleep(1000);
  }
running = false;
await Promise.all(actors);
const failed = [...failures.values()].reduce((sum, count) => sum + count, 0);
for (const [what, count] of failures) console.log(`${count} x ${what}`);
const text = `${restarts} restarts, ${answered + failed} requests: ${failed} failed. ${closes} answers told a kept connection to close; the longest drain took ${(longest / 1000).toFixed(1)} s.`;
console.log(text);
if (values["update-docs"]) updateDocument("rolling", text);
await Promise.all(gateways.map((child) => end(child)));
process.exit(failed === 0 ? 0 : 1);
