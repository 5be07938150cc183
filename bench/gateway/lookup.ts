import { mkdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { parseRouteTable } from "../../gateway/src/routing/parse.ts";
import { compileRouter } from "../../gateway/src/routing/router.ts";
import { load } from "./cases.ts";
import { upstream } from "./contenders.ts";
import { freePort, scratch, startGateway } from "./ours.ts";
import { cpuSeconds, launch, underLock, untilServing } from "./process.ts";
import { median, updateDocument } from "./report.ts";

/**
 * `node bench/gateway/lookup.ts`: what a routing table of 1,000 services costs beside one of three; the look-up
 * alone, then whole requests. Exits 1 when the look-up costs more than 10 % more.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "15" },
    seconds: { type: "string", default: "3" },
    lock: { type: "string" },
    "update-docs": { type: "boolean", default: false },
  },
});
const sizes = [3, 1000] as const;
const number = (i: number): string => String(i).padStart(4, "0");

/** `count` services with prefixes of one length; the first is the upstream that answers. */
const tableOf = (count: number, port: number): string =>
  JSON.stringify({
    services: Array.from({ length: count }, (_, i) => ({
      name: `service-${number(i)}`,
      host: "127.0.0.1",
      port: i === 0 ? port : 9,
      prefix: i === 0 ? "/core" : `/service-${number(i)}`,
      strip_prefix: true,
      api_version: 1,
    })),
  });

/** Nanoseconds of one look-up; every service of the table is asked for in turn. */
function lookupTime(count: number): () => number {
  const route = compileRouter(parseRouteTable(JSON.parse(tableOf(count, 80))));
  // As many different paths for both tables, so that memory caches are no part of the answer.
  const targets = Array.from(
    { length: 999 },
    (_, i) => `/service-${number(1 + (i % (count - 1)))}/account/${number(i)}?page=1`,
  );
  const lookups = 200;
  return () => {
    const begin = process.hrtime.bigint();
    for (let i = 0; i < lookups; i++)
      for (const target of targets) if ("refuse" in route(target)) throw new Error(`${target} was refused`);
    return Number(process.hrtime.bigint() - begin) / (lookups * targets.length);
  };
}

const rounds = Number(values.rounds);
const [few, many] = sizes.map(lookupTime) as [() => number, () => number];
const lookups: [number, number][] = [];
await underLock(values.lock, async () => {
  for (let round = -3; round < rounds; round++) {
    // The first rounds let the compiler settle; the order alternates.
    const second = round % 2 === 0 ? many() : undefined;
    const first = few();
    const pair: [number, number] = [first, second ?? many()];
    if (round >= 0) lookups.push(pair);
  }
});
const ratio = median(lookups.map(([a, b]) => b / a));
const nanoseconds = ([0, 1] as const).map((i) => median(lookups.map((pair) => pair[i])).toFixed(0));
let text = `Look-up: ${nanoseconds[0]} ns with 3 services, ${nanoseconds[1]} ns with 1,000; ratio ${ratio.toFixed(2)} (median of ${rounds} rounds).`;
console.log(text);

/** The same end to end: processor time for a request. */
const folder = scratch();
const port = await freePort();
mkdirSync(`${folder}/upstream`);
launch({ ...upstream(`${folder}/upstream`, port), cores: "1" });
await untilServing(port, "/api/v1/small.json", "the upstream");
const gateways = await Promise.all(
  sizes.map(async (size) => {
    const own = await freePort();
    const to = { upstream: port, echo: 9 };
    const child = await startGateway({ folder, port: own, to, routes: tableOf(size, port), cores: "0" });
    return { own, pid: child.pid };
  }),
);
const whole: number[][] = [];
const wholeRounds = Math.min(rounds, 5);
for (let round = 0; round < wholeRounds; round++)
  await underLock(values.lock, async () => {
    const times: number[] = [];
    for (const i of round % 2 === 0 ? [0, 1] : [1, 0]) {
      const { own, pid } = gateways[i] as { own: number; pid: number };
      await load("small", own, 1, 64, "1");
      const before = cpuSeconds(pid);
      const { requests } = await load("small", own, Number(values.seconds), 64, "1");
      times[i] = ((cpuSeconds(pid) - before) * 1e6) / requests;
    }
    whole.push(times);
  });
const cost = [0, 1].map((i) => median(whole.map((times) => times[i] as number)).toFixed(0));
const wholeRatio = median(whole.map(([a = 1, b = 1]) => b / a)).toFixed(2);
const line = `Whole request: ${cost[0]} us of CPU with 3, ${cost[1]} us with 1,000; ratio ${wholeRatio} (median of ${wholeRounds} rounds).`;
console.log(line);
text += `\n${line}`;
if (values["update-docs"]) updateDocument("lookup", text);
process.exit(ratio <= 1.1 ? 0 : 1);
