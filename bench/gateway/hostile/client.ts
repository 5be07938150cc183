import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { Flow, type Seen } from "./flow.ts";

/** What the client tells of one phase. */
export interface Phase {
  /** Over kept connections. */
  readonly kept: Seen;
  /** Each over a connection of its own, which counts. */
  readonly fresh: Seen;
  /** Straight to the upstream: what the bench itself, and a crowded machine, add. */
  readonly direct: Seen;
}

/**
 * `node hostile/client.ts PORT UPSTREAM_PORT`: the well-behaved client. Each line of input names the phase that begins;
 * at the end of input it waits for what is due and prints `{phase: Phase}`. Requests are due at fixed times, whatever
 * the answers do, and wait in the client while all connections are busy: a stall counts in each of them.
 */
const [port = 0, upstream = 0] = process.argv.slice(2).map(Number);
const flows = {
  kept: new Flow({ port, path: "/core/small.json", perSecond: 200, connections: 8 }),
  fresh: new Flow({ port, path: "/core/small.json", perSecond: 10, connections: 0 }),
  direct: new Flow({ port: upstream, path: "/api/v1/small.json", perSecond: 50, connections: 2 }),
};
const all = Object.values(flows);
const phases: string[] = [];
const timer = setInterval(() => {
  for (const flow of all) flow.tick(performance.now());
}, 1);

for await (const name of createInterface({ input: process.stdin })) {
  phases.push(name);
  for (const flow of all) flow.phase(name, performance.now());
}
for (const flow of all) flow.stop();
while (all.some((flow) => flow.waiting > 0)) await sleep(20);
clearInterval(timer);
const seen = (name: string): Phase => ({
  kept: flows.kept.seen(name),
  fresh: flows.fresh.seen(name),
  direct: flows.direct.seen(name),
});
console.log(JSON.stringify(Object.fromEntries(phases.map((name) => [name, seen(name)]))));
process.exit(0);
