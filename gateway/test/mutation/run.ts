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

/** What suites say of the gateway as it is. Each is run when it is first asked for: most mutants need one alone. */
class Baseline {
  readonly #known = new Map<string, Promise<Results>>();
  readonly #built = build(join(work, "none"), undefined);
  readonly passed = new Set<string>();

  of(suite: string): Promise<Results> {
    const known = this.#known.get(suite) ?? this.#run(suite);
    this.#known.set(suite, known);
    return known;
  }

  async #run(suite: string): Promise<Results> {
    const results = await run(await this.#built, suite);
    for (const name of results.failed) console.log(`fails without any mutant: ${name}`);
    for (const name of results.passed) this.passed.add(name);
    return results;
  }
}

/** The cases of a suite that notice a mutant; the first of them is enough, unless all are asked for. */
async function killersIn(built: Build, suite: string, { failed, passed }: Results): Promise<string[]> {
  const casesOf = (names: Iterable<string>) => [...names].map((name) => name.slice(suite.length + 2));
  // Not those that fail anyway: a run ends with the first that does.
  const cases = failed.size > 0 && passed.size > 0 ? { cases: casesOf(passed) } : {};
  const tried = await run(built, suite, { ...cases, first: !options.cases });
  const killers = [...tried.failed].filter((name) => !failed.has(name));
  if (!options.twice || killers.length === 0) return killers;
  // A suite that did not end, or did not start, has no case to name: it is run whole.
  const named = killers.every((name) => passed.has(name));
  const again = await run(built, suite, named ? { cases: casesOf(killers) } : {});
  return again.failed.size === 0 ? [] : killers.filter((name) => !again.passed.has(name));
}

/** The cases that notice a mutant: of the first suite in which any does, unless all are asked for. */
async function killersOf(built: Build, { suites }: Mutant, baseline: Baseline): Promise<string[]> {
  const killers: string[] = [];
  for (const suite of suites) {
    if (killers.length > 0 && !options.cases) break;
    killers.push(...(await killersIn(built, suite, await baseline.of(suite))));
  }
  return killers;
}

const told = ({ name, edits, suites }: Mutant) =>
  `${[...new Set(edits.map(({ file }) => file))].join(", ")}: ${name} [${suites.join(" ")}]`;
const { only } = options;
const chosen = mutants.filter((mutant) => only?.some((text) => told(mutant).includes(text)) ?? true);

/** Tries the chosen mutants. @returns how many survived. */
async function tryAll(): Promise<number> {
  console.log(`${chosen.length} mutants`);
  const baseline = new Baseline();
  const reached = new Set<string>();
  const survivors: string[] = [];
  const todo = chosen.entries();
  /** Takes one mutant after the other. */
  const runner = async () => {
    for (const [i, mutant] of todo) {
      const start = Date.now();
      const built = await build(join(work, `m-${i}`), mutant);
      const killers = await killersOf(built, mutant, baseline);
      rmSync(built.copy, { recursive: true });
      for (const name of killers) reached.add(name);
      if (killers.length === 0) survivors.push(told(mutant));
      const by = killers.length === 0 ? "SURVIVED" : `${killers.length} cases, such as ${killers[0]}`;
      const seconds = ((Date.now() - start) / 1_000).toFixed(1);
      console.log(`${String(i + 1).padStart(3)} ${told(mutant)}: ${by} (${seconds} s)`);
      if (options.cases) for (const name of killers) console.log(`      ${name}`);
    }
  };
  await Promise.all(Array.from({ length: Number(options.jobs) }, runner));
  const unreached = [...baseline.passed].filter((name) => !reached.has(name));
  if (options.cases) for (const name of unreached.sort()) console.log(`no mutant reaches ${name}`);
  for (const name of survivors) console.log(`survived: ${name}`);
  const of = options.cases ? `; ${unreached.length} of ${baseline.passed.size} cases unreached` : "";
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
