import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Mutant } from "./mutant.ts";
import { mutants } from "./mutants.ts";
import { type Build, build, problems, root } from "./sources.ts";
import { type Results, run } from "./suites.ts";

/**
 * `npm run mutation`: breaks the gateway in one place after the other, and expects its tests to notice each. A case that
 * fails without any mutant proves nothing and does not count. Exit 1 when a mutant survives, or a file of the source has
 * none.
 *
 * `--only TEXT` takes the mutants whose name, file or suites contain it. `--cases` runs the suites to their end, names
 * every case that noticed, and lists those that no mutant reached: they have not been seen to fail. `--twice` lets a
 * case count only if it fails again: on a busy machine one may fail for want of time. `--check` runs nothing. `--jobs N`
 * tries so many at once.
 */
const { values: options } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    cases: { type: "boolean", default: false },
    twice: { type: "boolean", default: false },
    check: { type: "boolean", default: false },
    jobs: { type: "string", default: "2" },
  },
});
mkdirSync(join(root, ".beat"), { recursive: true });
// What a run left that was killed: the folder's name says whose it is.
for (const name of readdirSync(join(root, ".beat"))) {
  const [, owner] = /^mutants-(\d+)-/.exec(name) ?? [];
  if (owner !== undefined && !runs(Number(owner))) rmSync(join(root, ".beat", name), { recursive: true });
}
const work = mkdtempSync(join(root, ".beat", `mutants-${process.pid}-`));

/** Whether a process is there. */
function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The cases that notice a mutant; the first of them is enough, unless all are asked for. */
async function killersOf(built: Build, { suites }: Mutant, baseline: Results): Promise<string[]> {
  const first = !options.cases && baseline.failed.size === 0;
  const { failed } = await run(built, suites, { first });
  const killers = [...failed].filter((name) => !baseline.failed.has(name));
  if (!options.twice || killers.length === 0) return killers;
  const cases = killers.map((name) => name.slice(name.indexOf(": ") + 2));
  // Suites that did not end, or did not start, have no case to name: they are run whole.
  const named = killers.every((name) => baseline.passed.has(name));
  const again = await run(built, suites, named ? { cases } : {});
  return again.failed.size === 0 ? [] : killers.filter((name) => !again.passed.has(name));
}

const told = ({ name, edits, suites }: Mutant) =>
  `${[...new Set(edits.map(({ file }) => file))].join(", ")}: ${name} [${suites.join(" ")}]`;
const { only } = options;
const chosen = mutants.filter((mutant) => only?.some((text) => told(mutant).includes(text)) ?? true);

/** Tries the chosen mutants. @returns how many survived. */
async function tryAll(): Promise<number> {
  const suites = [...new Set(chosen.flatMap((mutant) => mutant.suites))].sort();
  console.log(`${chosen.length} mutants; first the gateway as it is`);
  const baseline = await run(await build(join(work, "none"), undefined), suites);
  for (const name of baseline.failed) console.log(`fails without any mutant: ${name}`);
  const unreached = new Set(baseline.passed);
  const survivors: string[] = [];
  const todo = chosen.entries();
  /** Takes one mutant after the other. */
  const runner = async () => {
    for (const [i, mutant] of todo) {
      const start = Date.now();
      const built = await build(join(work, `m-${i}`), mutant);
      const killers = await killersOf(built, mutant, baseline);
      rmSync(built.copy, { recursive: true });
      for (const name of killers) unreached.delete(name);
      if (killers.length === 0) survivors.push(told(mutant));
      const by = killers.length === 0 ? "SURVIVED" : `${killers.length} cases, such as ${killers[0]}`;
      const seconds = ((Date.now() - start) / 1_000).toFixed(1);
      console.log(`${String(i + 1).padStart(3)} ${told(mutant)}: ${by} (${seconds} s)`);
      if (options.cases) for (const name of killers) console.log(`      ${name}`);
    }
  };
  await Promise.all(Array.from({ length: Number(options.jobs) }, runner));
  if (options.cases) for (const name of [...unreached].sort()) console.log(`no mutant reaches ${name}`);
  for (const name of survivors) console.log(`survived: ${name}`);
  const of = options.cases ? `; ${unreached.size} of ${baseline.passed.size} cases unreached` : "";
  console.log(`${chosen.length - survivors.length} of ${chosen.length} mutants noticed${of}`);
  return survivors.length;
}

try {
  const wrong = problems(mutants);
  for (const problem of wrong) console.log(problem);
  if (chosen.length === 0)
    throw new Error(`--only ${only?.join(" ")}: no mutant's name, file or suites contain it`);
  if (wrong.length > 0) process.exitCode = 1;
  else if (options.check) console.log(`${mutants.length} mutants are in order`);
  else process.exitCode = (await tryAll()) === 0 ? 0 : 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
