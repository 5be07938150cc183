import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { minVersion } from "semver";
import { lastLines, sumOf, tellCounts } from "./counts.ts";
import { installNode, newestNode } from "./install-node.ts";

/**
 * `npm run test:nodes`: what the gateway relies on inside Node (gateway/src/node), and its suites with the gateway on
 * that Node, for the oldest and the newest Node that is supported. Arguments replace the suites.
 */
const root = fileURLToPath(new URL("..", import.meta.url));
const inside = ["gateway/src/node", "test/registry.test.ts"];
const suites = process.argv.length > 2 ? process.argv.slice(2) : ["gateway/test/behaviour"];
const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  engines: { node: string };
};

const summed = process.env.TEST_COUNTS;
const counts = summed || join(mkdtempSync(join(tmpdir(), "nodes-")), "counts");
if (counts !== summed) writeFileSync(counts, "");
process.env.TEST_COUNTS = counts;

/** @param runner the Node in which the tests themselves run. */
async function run(what: string, runner: string, filters: readonly string[], env: NodeJS.ProcessEnv = {}) {
  console.log(`\n${what}`);
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const { exitCode } = await execa(runner, [vitest, "run", ...filters], {
    cwd: root,
    stdio: "inherit",
    reject: false,
    env,
  });
  if (exitCode !== 0) process.exitCode = 1;
}

const wanted = [
  { which: "the oldest Node", find: async () => minVersion(engines.node)?.version ?? "" },
  { which: "the newest Node", find: newestNode },
];
for (const { which, find } of wanted) {
  let node: string;
  let version: string;
  try {
    version = await find();
    node = await installNode(join(root, ".beat/nodes"), version);
  } catch (error) {
    const line = `the gateway on ${which}: ${(error as Error).message}`;
    console.log(`skipped: ${line}`);
    tellCounts({ passed: 0, failed: 0, skipped: 1, unrun: [`nothing ran of ${line}`] });
    continue;
  }
  await run(`Inside Node ${version}`, node, inside);
  await run(`The gateway on Node ${version}`, process.execPath, suites, { GATEWAY_NODE: node });
}
if (counts !== summed) {
  const lines = readFileSync(counts, "utf8").split("\n").filter(Boolean);
  console.log(lastLines(sumOf(lines, process.exitCode === undefined)));
}
