import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { type Contender, upstream } from "./contenders.ts";
import { idle, loadCore, type Plan } from "./hostile/children.ts";
import type { HostilePorts } from "./hostile/configs.ts";
import { hostileContenders, hostileNames } from "./hostile/contenders.ts";
import { holds, hostileTables, mostTimes } from "./hostile/report.ts";
import { measure, type Sample } from "./hostile/run.ts";
import { type ScenarioName, scenarioNames } from "./hostile/scenarios.ts";
import { beside, scratch } from "./ours.ts";
import { expectFree, installed, launch, underLock, untilServing } from "./process.ts";
import { chosen, conditions, updateDocument } from "./report.ts";

/** `npm run bench:hostile -- --help`. The method is described in docs/gateway-performance.md. */
const usage = `Usage: npm run bench:hostile -- [options]
  --rounds N          measurements of each contender and scenario (3)
  --seconds N         length of the quiet part, and of the attack (10)
  --only a,b          of ${hostileNames.join(", ")}
  --cases a,b         of ${scenarioNames.join(", ")}
  --variant name=FILE another build of ours; repeatable. FILE may follow VARIABLE=value and --node-flags words
  --node PATH         the Node that runs ours
  --port N            first of the ports taken (18950)
  --tries N           measure again, so often, when other programs used the proxy's core (3)
  --json FILE         every sample
  --update-docs       write the tables to docs/gateway-performance.md
  --lock FILE         hold this lock while measuring one contender in one scenario

Exits 1 when ours loses a request, dies, or its p99 is more than ${mostTimes} times its own quiet one.`;

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "10" },
    only: { type: "string", default: hostileNames.join(",") },
    cases: { type: "string", default: scenarioNames.join(",") },
    variant: { type: "string", multiple: true, default: [] },
    node: { type: "string", default: process.execPath },
    port: { type: "string", default: "18950" },
    tries: { type: "string", default: "3" },
    json: { type: "string" },
    "update-docs": { type: "boolean", default: false },
    lock: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}

/** Measures; again when another program took more than 5 % of the proxy's core, and in the end says so. */
async function undisturbed(
  contender: Contender,
  name: ScenarioName,
  round: number,
  plan: Plan,
): Promise<Sample> {
  for (let tries = 1; ; tries++) {
    const sample = await measure(contender, name, round, plan);
    if (!sample.disturbed || tries >= Number(values.tries)) return sample;
    console.log(`round ${round + 1} ${name} ${contender.name}: disturbed by other programs, again`);
  }
}

function told({ round, scenario, contender, quiet, attack, after, died, did }: Sample): string {
  const lost = [attack.kept, attack.fresh, after.kept, after.fresh].map((seen) => seen.lost).join("+");
  const p99 = `${quiet.kept.p99.toFixed(1)} -> ${attack.kept.p99.toFixed(1)} -> ${after.kept.p99.toFixed(1)} ms`;
  const end = died === undefined ? "" : `, died (${died})`;
  return `round ${round + 1} ${scenario} ${contender}: lost ${lost}, p99 ${p99}${end}; ${JSON.stringify(did)}`;
}

/** The upstreams that outlive a scenario: the client's, the fast one of attackers, and that of WebSockets. */
async function startUpstreams(folder: string, to: HostilePorts): Promise<void> {
  for (const name of ["upstream", "flood"] as const) {
    await expectFree(to[name], `the upstream ${name}`);
    mkdirSync(`${folder}/${name}`);
    const { command, ...ready } = upstream(`${folder}/${name}`, to[name]);
    launch({ ...ready, command: name === "flood" ? [...idle, ...command] : command, cores: loadCore });
    await untilServing(to[name], "/api/v1/small.json", `the upstream ${name}`);
  }
  await expectFree(to.echo, "the WebSocket upstream");
  launch({ command: [process.execPath, beside("websocket-echo.ts"), String(to.echo)], cores: loadCore });
}

async function main(): Promise<boolean> {
  for (const program of ["wrk", "nginx", "taskset", "chrt"])
    if (!installed(program)) throw new Error(`${program} is missing: apt-get install wrk nginx util-linux`);
  if (availableParallelism() < 2) throw new Error("one core is not enough: the load needs its own");
  // This process watches while others are measured: on the load's core, and after everybody else there.
  spawnSync("taskset", ["-a", "-p", "-c", loadCore, String(process.pid)]);
  const cases = chosen(values.cases, scenarioNames, "--cases");
  const names: readonly string[] = chosen(values.only, hostileNames, "--only");
  const folder = scratch();
  const first = Number(values.port);
  const to = { upstream: first, echo: first + 1, hostile: first + 2, flood: first + 3 };
  const plan = { folder, to, port: first + 4, seconds: Number(values.seconds) };
  const running = hostileContenders(values.node, values.variant, to).filter(({ name, missing }, at) => {
    const wanted = names.includes(name) || at >= hostileNames.length;
    if (wanted && missing !== undefined) console.log(`skipped: ${name}: ${missing}`);
    return wanted && missing === undefined;
  });

  await startUpstreams(folder, to);

  const samples: Sample[] = [];
  for (let round = 0; round < Number(values.rounds); round++)
    for (const name of cases)
      for (let i = 0; i < running.length; i++)
        await underLock(values.lock, async () => {
          const contender = running[(i + round) % running.length] as Contender;
          const sample = await undisturbed(contender, name, round, plan);
          samples.push(sample);
          console.log(told(sample));
        });

  const order = running.map(({ name }) => name);
  samples.sort((a, b) => order.indexOf(a.contender) - order.indexOf(b.contender));
  samples.sort((a, b) => cases.indexOf(a.scenario) - cases.indexOf(b.scenario));
  const run = `${values.rounds} rounds of ${values.seconds} s quiet and ${values.seconds} s attacked; medians, sums of the lost, and the worst of maxima`;
  const text = [conditions(values.node, run), hostileTables(samples)].join("\n\n");
  console.log(`\n${text}`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(samples, null, 1)}\n`);
  if (values["update-docs"]) updateDocument("hostile", text);
  const ours = samples.filter(({ contender }) => contender === "ours");
  const missed = cases.filter((name) => {
    const own = ours.filter(({ scenario }) => scenario === name);
    return own.length > 0 && !holds(own);
  });
  for (const name of missed) console.error(`FAILED: ours does not hold against ${name}`);
  return missed.length === 0;
}

try {
  process.exit((await main()) ? 0 : 1);
} catch (error) {
  console.error(`bench: ${(error as Error).message}`);
  process.exit(1);
}
