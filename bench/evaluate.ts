import { fileURLToPath } from "node:url";
import { execa } from "execa";

/**
 * `node bench/evaluate.ts [rounds]`: how long the Pulumi program itself takes, under mocks, each round in a process of
 * its own: loading it, then evaluating it with the bundling of its three images. Prints every round and the medians.
 */
const rounds = Number(process.argv[2] ?? 5);
if (process.argv[2] === "once") {
  const start = performance.now();
  const { program } = await import("../stacks/program.ts");
  const { register } = await import("../test/graph/mocks.ts");
  const loaded = performance.now();
  const resources = await register(
    "dev",
    { "platform:source": "sample", "platform:devTools": "true" },
    program,
  );
  const seconds = [loaded - start, performance.now() - loaded].map((ms) => ms / 1000);
  console.log(JSON.stringify({ resources: resources.length, seconds }));
} else {
  const all: { resources: number; seconds: [number, number] }[] = [];
  for (let round = 0; round < rounds; round++) {
    const { stdout } = await execa(process.execPath, [fileURLToPath(import.meta.url), "once"]);
    all.push(JSON.parse(stdout));
    console.log(stdout);
  }
  const median = (part: 0 | 1): string =>
    (all.map(({ seconds }) => seconds[part]).sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0).toFixed(
      2,
    );
  console.log(`load ${median(0)} s, evaluate ${median(1)} s`);
}
