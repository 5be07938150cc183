import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { check, load } from "../cases.ts";
import type { Contender } from "../contenders.ts";
import { beside } from "../ours.ts";
import { expectFree, launch, statusOf, untilServing } from "../process.ts";
import { denied, type HostilePorts } from "./configs.ts";

export const proxyCore = "0";
export const loadCore = "1";

/** Where things are and how long the phases are. */
export interface Plan {
  readonly folder: string;
  readonly port: number;
  readonly to: HostilePorts;
  readonly seconds: number;
}

/**
 * Attackers and their upstream share a core with the well-behaved client, who must not wait for them: they are run when
 * nobody else there wants to, which is nearly always.
 */
export const idle = ["chrt", "--idle", "0"];
export const modest = (file: string, ...args: string[]): string[] => [
  ...idle,
  process.execPath,
  beside(`hostile/${file}`),
  ...args,
];

/** A child that is told things by lines and says one thing at its end. */
export interface Speaking {
  readonly child: ChildProcess;
  readonly tell: (line: string) => void;
  /** Ends its input, or sends it SIGTERM; what it said as JSON, `{}` when it had to be killed after ten seconds. */
  readonly end: <T>(signal?: NodeJS.Signals) => Promise<T>;
}

export function speaking(command: readonly string[]): Speaking {
  const child = spawn("taskset", ["-c", loadCore, ...command], { stdio: ["pipe", "pipe", "inherit"] });
  const kill = () => child.kill("SIGKILL");
  process.on("exit", kill);
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += chunk;
  });
  const over = new Promise<void>((resolve) =>
    child.once("close", () => {
      process.off("exit", kill);
      resolve();
    }),
  );
  return {
    child,
    tell: (line) => child.stdin.write(`${line}\n`),
    async end(signal) {
      if (signal === undefined) child.stdin.end();
      else child.kill(signal);
      const timer = setTimeout(kill, 10_000);
      await over;
      clearTimeout(timer);
      return JSON.parse(text || "{}");
    },
  };
}

/** What every proxy must answer, so that all of them do the same work. */
const expected = [
  ["/flood/small.json", 200],
  ["/hostile/small", 200],
  [`/hostile/${"x".repeat(31_000)}`, 200],
  [denied.client, 404],
  [denied.client.replace("account", "%61ccount"), 404],
  ["/nowhere", 404],
] as const;

/** Starts the attacked upstream and the proxy, warmed up by polite load. Both are added to `children`. */
export async function serve(contender: Contender, { folder, port, to }: Plan, children: ChildProcess[]) {
  await expectFree(to.hostile, "the attacked upstream");
  await expectFree(port, contender.name);
  children.push(launch({ command: modest("upstream.ts", String(to.hostile)), cores: loadCore }));
  await untilServing(to.hostile, "/api/v1/small", "the attacked upstream");
  const own = mkdtempSync(`${folder}/${contender.name}-`);
  const proxy = launch({ cores: proxyCore, ...contender.prepare(own, port, to) });
  children.push(proxy);
  await untilServing(port, "/core/small.json", contender.name);
  await check("small", port);
  for (const [path, must] of expected) {
    const status = await statusOf(port, path);
    if (status !== must)
      throw new Error(`${contender.name} answers ${path.slice(0, 60)} with ${status}, must be ${must}`);
  }
  await load("small", port, 2, 64, loadCore);
  await sleep(500);
  return proxy;
}
