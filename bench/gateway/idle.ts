import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createInterface, type Interface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { load } from "./cases.ts";
import { upstream } from "./contenders.ts";
import { beside, freePort, scratch, startGateway } from "./ours.ts";
import { launch, openFiles, residentBytes, underLock, untilServing } from "./process.ts";
import { median, updateDocument } from "./report.ts";

/**
 * `node bench/gateway/idle.ts`: what many idle keep-alive connections and many open tunnels cost the gateway, whether
 * they change the latency of others, and whether all of them live. Exits 1 when a limit is missed. The limit of open
 * files must exceed the connections: `ulimit -n 20000`.
 */
const { values } = parseArgs({
  options: {
    connections: { type: "string", default: "10000" },
    tunnels: { type: "string", default: "2000" },
    "wait-seconds": { type: "string", default: "75" },
    lock: { type: "string" },
    "update-docs": { type: "boolean", default: false },
  },
});
const processes = 4;
const folder = scratch();
mkdirSync(`${folder}/upstream`);
const [to, echo, port] = (await Promise.all([1, 2, 3].map(freePort))) as [number, number, number];
launch({ ...upstream(`${folder}/upstream`, to), cores: "1" });
launch({ command: [process.execPath, beside("websocket-echo.ts"), String(echo)], cores: "1" });
await untilServing(to, "/api/v1/small.json", "the upstream");
const gateway = await startGateway({ folder, port, to: { upstream: to, echo }, cores: "0" });
const memory = () => residentBytes(gateway.pid);

interface Client {
  readonly child: ChildProcess;
  readonly lines: Interface;
}

async function said(clients: readonly Client[], word: string): Promise<number> {
  const counts = clients.map(async ({ lines }) => {
    const [line] = (await once(lines, "line")) as [string];
    if (!line.startsWith(`${word} `)) throw new Error(`a client said ${line}`);
    return Number(line.slice(word.length));
  });
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

/** Starts clients that open `total` connections between them, each from a loopback address of its own. */
function open(kind: "http" | "websocket", total: number): Client[] {
  return Array.from({ length: processes }, (_, i) => {
    const count = Math.floor(total / processes) + (i < total % processes ? 1 : 0);
    const args = [beside("idle-client.ts"), kind, String(port), String(count), `127.0.0.${i + 2}`];
    const child = spawn("taskset", ["-c", "1", process.execPath, ...args], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    process.on("exit", () => child.kill("SIGKILL"));
    return { child, lines: createInterface({ input: child.stdout as NodeJS.ReadableStream }) };
  });
}

async function stillAlive(clients: readonly Client[]): Promise<number> {
  const answer = said(clients, "alive");
  for (const { child } of clients) child.stdin?.write("check\n");
  return answer;
}

async function close(clients: readonly Client[]): Promise<void> {
  for (const { child } of clients) {
    child.stdin?.end();
    await once(child, "exit");
  }
}

async function p99(): Promise<number> {
  const runs: number[] = [];
  for (let i = 0; i < 5; i++) runs.push((await load("small", port, 2, 64, "1")).p99 / 1000);
  return median(runs);
}

const failures: string[] = [];
const expect = (holds: boolean, what: string) => {
  if (!holds) failures.push(what);
};
const kib = (bytes: number) => (bytes / 1024).toFixed(1);
const report: string[] = [];
const say = (line: string) => {
  console.log(line);
  report.push(line);
};

const idle = Number(values.connections);
await underLock(values.lock, async () => {
  await load("small", port, 3, 64, "1");
  const before = await p99();
  await sleep(3_000);
  const empty = memory();
  const clients = open("http", idle);
  const opened = await said(clients, "open");
  await sleep(3_000);
  const each = (memory() - empty) / opened;
  const files = openFiles(gateway.pid).sockets;
  const during = await p99();
  const alive = await stillAlive(clients);
  await close(clients);
  await sleep(3_000);
  const after = await p99();
  say(
    `${opened} idle keep-alive connections (${files} sockets open in the gateway), ${alive} alive when used again: ${kib(each)} KiB each.`,
  );
  say(
    `p99 of small requests beside them (64 connections): ${before.toFixed(1)} ms before, ${during.toFixed(1)} ms with them, ${after.toFixed(1)} ms after.`,
  );
  expect(opened === idle && alive === idle, `${idle - alive} connections were lost`);
  expect(files >= idle, "the gateway does not hold all connections");
  expect(each < 10_000, "a connection costs 10 KB or more");
  expect(during <= 1.25 * Math.max(before, after), "idle connections change p99");
});

const wanted = Number(values.tunnels);
const empty = memory();
const tunnels = open("websocket", wanted);
const opened = await said(tunnels, "open");
await sleep(3_000);
const each = (memory() - empty) / opened;
await sleep(Number(values["wait-seconds"]) * 1000);
const alive = await stillAlive(tunnels);
const files = openFiles(gateway.pid).sockets;
await close(tunnels);
say(
  `${opened} WebSocket tunnels (${files} sockets), ${alive} echo after ${values["wait-seconds"]} quiet seconds: ${kib(each)} KiB each, both sockets.`,
);
expect(opened === wanted && alive === wanted, `${wanted - alive} tunnels were lost`);

for (const failure of failures) console.error(`FAILED: ${failure}`);
if (values["update-docs"]) updateDocument("idle", report.join("\n"));
process.exit(failures.length === 0 ? 0 : 1);
