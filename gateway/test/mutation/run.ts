import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bundleGateway } from "../../../infra/image/bundle.ts";
import type { Mutant } from "./mutant.ts";
import { mutants } from "./mutants.ts";

/**
 * `npm run mutation`: breaks the gateway in one place after the other, and expects the behaviour suite to notice each.
 * A case that fails without any mutant proves nothing and does not count. Exit 1 when a mutant survives. At the end it
 * lists the cases that no mutant reached: those have not been seen to fail.
 *
 * `--only TEXT` takes the mutants whose name, file or suites contain it, and names every case that noticed. `--twice`
 * lets a case count only if it fails again: on a busy machine one may fail for want of time.
 */
const { values: options } = parseArgs({
  options: { only: { type: "string", multiple: true }, twice: { type: "boolean", default: false } },
});
const root = fileURLToPath(new URL("../../..", import.meta.url));
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

/** Applies a mutant to a copy of the source and bundles it. @throws when its text is not there exactly once. */
async function build(mutant: Mutant | undefined): Promise<string> {
  const folder = mkdtempSync(join(work, "m-"));
  cpSync(join(root, "gateway/src"), join(folder, "gateway/src"), { recursive: true });
  for (const { file, from, to } of mutant?.edits ?? []) {
    const path = join(folder, "gateway/src", file);
    const source = readFileSync(path, "utf8");
    const times = source.split(from).length - 1;
    if (times !== 1)
      throw new Error(`"${mutant?.name}": its text occurs ${times} times in ${file}, must be once`);
    writeFileSync(
      path,
      source.replace(from, () => to),
    );
  }
  const out = join(folder, "gateway.mjs");
  writeFileSync(out, await bundleGateway(folder));
  rmSync(join(folder, "gateway"), { recursive: true });
  return out;
}

/** Cases as `suite: name`. */
interface Results {
  readonly failed: ReadonlySet<string>;
  readonly passed: ReadonlySet<string>;
}

/** Runs files of the suite against a build, or only some of their cases. */
function run(build: string, suites: readonly string[], cases?: readonly string[]): Results {
  const report = join(work, "report.json");
  rmSync(report, { force: true });
  const files = suites.map((suite) =>
    suite === "fuzz" ? "gateway/test/fuzz/" : `gateway/test/behaviour/${suite}.test.ts`,
  );
  const { stderr } = spawnSync(
    process.execPath,
    [
      join(root, "node_modules/vitest/vitest.mjs"),
      "run",
      ...files,
      "--reporter=json",
      `--outputFile=${report}`,
      ...(cases === undefined ? [] : ["-t", cases.map(literally).join("|")]),
    ],
    {
      cwd: root,
      env: { ...process.env, GATEWAY_UNDER_TEST: `${process.execPath} ${build}` },
      encoding: "utf8",
    },
  );
  const failed = new Set<string>();
  const passed = new Set<string>();
  let json: {
    testResults: {
      name: string;
      status: string;
      message: string;
      assertionResults: { fullName: string; status: string }[];
    }[];
  };
  try {
    json = JSON.parse(readFileSync(report, "utf8"));
  } catch {
    throw new Error(`the suite wrote no report: ${stderr.slice(-1000)}`);
  }
  for (const file of json.testResults) {
    const suite = basename(file.name, ".test.ts");
    for (const { fullName, status } of file.assertionResults)
      if (status === "failed") failed.add(`${suite}: ${fullName.trim()}`);
      else if (status === "passed") passed.add(`${suite}: ${fullName.trim()}`);
    // A gateway that died, or did not start.
    if (file.status === "failed" && !file.assertionResults.some(({ status }) => status === "failed"))
      failed.add(`${suite}: ${file.message.split("\n", 1)[0]}`);
  }
  if (failed.size + passed.size === 0) throw new Error(`the suite ran no case: ${stderr.slice(-1000)}`);
  return { failed, passed };
}

/** A pattern for a case's full name, in which vitest parts the groups by `>` and its report by a space. */
const literally = (name: string) => name.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&").replaceAll(" ", " (?:> )?");

/** The cases that notice a mutant. */
function killersOf(build: string, { suites }: Mutant, baseline: Results): string[] {
  const { failed } = run(build, suites);
  const killers = [...failed].filter((name) => !baseline.failed.has(name));
  if (!options.twice || killers.length === 0) return killers;
  const names = killers.map((name) => name.slice(name.indexOf(": ") + 2));
  const again = run(build, suites, names);
  return killers.filter((name) => !again.passed.has(name));
}

const told = ({ name, edits, suites }: Mutant) =>
  `${[...new Set(edits.map(({ file }) => file))].join(", ")}: ${name} [${suites.join(" ")}]`;
const { only } = options;
const chosen = mutants.filter((mutant) => only?.some((text) => told(mutant).includes(text)) ?? true);
try {
  if (chosen.length === 0)
    throw new Error(`--only ${only?.join(" ")}: no mutant's name, file or suites contain it`);
  // Every text is looked up before anything runs.
  const builds: string[] = [];
  for (const mutant of chosen) builds.push(await build(mutant));
  const suites = [...new Set(chosen.flatMap((mutant) => mutant.suites))].sort();
  console.log(`${chosen.length} mutants; first the gateway as it is`);
  const baseline = run(await build(undefined), suites);
  for (const name of baseline.failed) console.log(`fails without any mutant: ${name}`);
  const unreached = new Set(baseline.passed);
  const survivors: string[] = [];
  for (const [i, mutant] of chosen.entries()) {
    const start = Date.now();
    const killers = killersOf(builds[i] as string, mutant, baseline);
    for (const name of killers) unreached.delete(name);
    if (killers.length === 0) survivors.push(told(mutant));
    const by = killers.length === 0 ? "SURVIVED" : `${killers.length} cases, such as ${killers[0]}`;
    const seconds = ((Date.now() - start) / 1_000).toFixed(1);
    console.log(`${String(i + 1).padStart(3)} ${told(mutant)}: ${by} (${seconds} s)`);
    if (only !== undefined) for (const name of killers) console.log(`      ${name}`);
  }
  if (only === undefined) for (const name of [...unreached].sort()) console.log(`no mutant reaches ${name}`);
  for (const name of survivors) console.log(`survived: ${name}`);
  const noticed = chosen.length - survivors.length;
  const of = only === undefined ? `; ${unreached.size} of ${baseline.passed.size} cases unreached` : "";
  console.log(`${noticed} of ${chosen.length} mutants noticed${of}`);
  process.exitCode = survivors.length === 0 ? 0 : 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
