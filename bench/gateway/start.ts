import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { gatewayRoutes } from "./configs.ts";
import { freePort, gatewayFile, gatewayFlags, scratch } from "./ours.ts";
import { end, launch, statusOf, underLock } from "./process.ts";
import { median, updateDocument } from "./report.ts";

/** `node bench/gateway/start.ts`: from spawn to the first 200 on /_gateway/health. Exits 1 at 200 ms or more. */
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "10" },
    node: { type: "string", default: process.execPath },
    lock: { type: "string" },
    "update-docs": { type: "boolean", default: false },
  },
});
const limit = 200;
const folder = scratch();
writeFileSync(`${folder}/routes.json`, gatewayRoutes({ upstream: 1, echo: 2 }));

async function once(): Promise<number> {
  const port = await freePort();
  const begin = performance.now();
  const child = launch({
    command: [values.node, ...gatewayFlags, gatewayFile],
    env: { GATEWAY_ROUTES: `${folder}/routes.json`, PROXY_HOST: "127.0.0.1", PROXY_PORT: String(port) },
  });
  while ((await statusOf(port, "/_gateway/health")) !== 200) {
    if (child.exitCode !== null) throw new Error(`the gateway ended with ${child.exitCode}`);
    await sleep(2);
  }
  const elapsed = performance.now() - begin;
  await end(child);
  return elapsed;
}

const times: number[] = [];
await underLock(values.lock, async () => {
  for (let round = 0; round < Number(values.rounds); round++) times.push(await once());
});
const text = `Cold start, spawn to the first 200: median ${median(times).toFixed(0)} ms of ${times.length} (${Math.min(...times).toFixed(0)}-${Math.max(...times).toFixed(0)} ms); the limit is ${limit} ms.`;
console.log(text);
if (values["update-docs"]) updateDocument("start", text);
process.exit(median(times) < limit ? 0 : 1);
