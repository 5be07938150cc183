import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { median } from "./gateway/report.ts";

/**
 * `node bench/startup.ts [rounds]`: cold start to ready, no-op and preview of this project beside
 * `docker compose up --wait` of an equivalent file, interleaved in one run. The images of both are built before the
 * first round. Prints a table of medians; every start is checked by a request through the gateway.
 */
const root = fileURLToPath(new URL("..", import.meta.url));
const rounds = Number(process.argv[2] ?? 3);
const run = (command: string, args: string[], env: Record<string, string> = {}) =>
  execa(command, args, { cwd: root, env, stdin: "ignore" });
const beat = (...args: string[]) => run("./beat", args);
const images = { SAMPLE_IMAGE: "localhost/beat-bench-sample", GATEWAY_IMAGE: "localhost/beat-bench-gateway" };
const compose = (...args: string[]) =>
  run("docker", ["compose", "-p", "beat-bench", "-f", "bench/compose.yaml", ...args], images);

const times = new Map<string, number[]>();
async function timed(name: string, body: () => Promise<unknown>): Promise<void> {
  const start = performance.now();
  await body();
  const seconds = (performance.now() - start) / 1000;
  times.set(name, [...(times.get(name) ?? []), seconds]);
  console.log(`${name}: ${seconds.toFixed(1)} s`);
}

async function expectReady(port: number): Promise<void> {
  const response = await fetch(`http://localhost:${port}/_gateway/ready`);
  if (response.status !== 200) throw new Error(`port ${port} is not ready: ${await response.text()}`);
}

// `docker compose up --wait` calls a one-shot that has ended a failure, so what goes on running is waited for by name.
const running = ["auth-service", "core-service", "messaging-service", "gateway", "mongo-express"];
const composeUp = () => compose("up", "-d", "--wait", ...running);

await beat("up");
// What a run that was broken off may have left.
await compose("down", "-v");
for (const name of ["sample", "gateway"])
  await run("docker", ["tag", `localhost/beat-ecoprove-dev-${name}:latest`, `localhost/beat-bench-${name}`]);
for (let round = 0; round < rounds; round++) {
  await beat("down", "--volumes", "--yes");
  await timed("./beat up, cold", async () => {
    await beat("up");
    await expectReady(9000);
  });
  await timed("./beat up, nothing to do", () => beat("up"));
  await timed("./beat preview", () => beat("preview"));
  await beat("down", "--volumes", "--yes");
  await timed("compose up, cold", async () => {
    await composeUp();
    await expectReady(29000);
  });
  await timed("compose up, nothing to do", composeUp);
  await compose("down", "-v");
  await sleep(1000);
}
console.log("\n| what | median s | all rounds |\n|---|---|---|");
for (const [name, all] of times)
  console.log(`| ${name} | ${median(all).toFixed(1)} | ${all.map((s) => s.toFixed(1)).join(", ")} |`);
const theirs = times.get("compose up, cold") ?? [];
const ratios = (times.get("./beat up, cold") ?? []).map(
  (ours, round) => ours / (theirs[round] ?? Number.NaN),
);
console.log(
  `\ncold, ratio to compose within a round: ${median(ratios).toFixed(2)} (${ratios.map((ratio) => ratio.toFixed(2)).join(", ")})`,
);
