import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bundleGateway } from "../../../infra/image/bundle.ts";
import type { Mutant } from "./mutant.ts";
import { mutants } from "./mutants.ts";

/**
 * `npm run mutation`: breaks the gateway in one place after the other, and expects the behaviour suite to notice each.
 * A case that fails without any mutant proves nothing and does not count. Exit 1 when a mutant survives.
 *
 * `--only TEXT` takes the mutants whose name or file contains it.
 */
const { values: options } = parseArgs({ options: { only: { type: "string" } } });
const root = fileURLToPath(new URL("../../..", import.meta.url));
mkdirSync(join(root, ".beat"), { recursive: true });
const work = mkdtempSync(join(root, ".beat", "mutants-"));

/** Applies a mutant to a copy of the source and bundles it. @throws when its text is not there exactly once. */
async function build(mutant: Mutant | undefined): Promise<string> {
  const folder = mkdtempSync(join(work, "m-"));
  cpSync(join(root, "gateway/src"), join(folder, "gateway/src"), { recursive: true });
  if (mutant !== undefined) {
    const file = join(folder, "gateway/src", mutant.file);
    const source = readFileSync(file, "utf8");
    const times = source.split(mutant.from).length - 1;
    if (times !== 1)
      throw new Error(`"${mutant.name}": its text occurs ${times} times in ${mutant.file}, must be once`);
    writeFileSync(
      file,
      source.replace(mutant.from, () => mutant.to),
    );
  }
  const out = join(folder, "gateway.mjs");
  writeFileSync(out, await bundleGateway(folder));
  return out;
}

interface Results {
  readonly failed: ReadonlySet<string>;
  readonly passed: ReadonlySet<string>;
}

/** Runs files of the suite against a build. */
function run(build: string, suites: readonly string[]): Results {
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
    for (const { fullName, status } of file.assertionResults)
      if (status === "failed") failed.add(fullName.trim());
      else if (status === "passed") passed.add(fullName.trim());
    // A gateway that died, or did not start.
    if (file.status === "failed" && !file.assertionResults.some(({ status }) => status === "failed"))
      failed.add(`${file.name.split("/").at(-1)}: ${file.message.split("\n", 1)[0]}`);
  }
  if (failed.size + passed.size === 0) throw new Error(`the suite ran no case: ${stderr.slice(-1000)}`);
  return { failed, passed };
}

const chosen = mutants.filter(({ name, file }) => `${name} ${file}`.includes(options.only ?? ""));
try {
  // Every text is looked up before anything runs.
  const builds: string[] = [];
  for (const mutant of chosen) builds.push(await build(mutant));
  const suites = [...new Set(chosen.flatMap((mutant) => mutant.suites))];
  console.log(`${chosen.length} mutants; first the gateway as it is`);
  const baseline = run(await build(undefined), suites);
  for (const name of baseline.failed) console.log(`fails without any mutant: ${name}`);
  const reached = new Set<string>();
  const survivors: string[] = [];
  for (const [i, mutant] of chosen.entries()) {
    const { failed } = run(builds[i] as string, mutant.suites);
    const killers = [...failed].filter((name) => !baseline.failed.has(name));
    for (const name of killers) reached.add(name);
    if (killers.length === 0) survivors.push(mutant.name);
    const by = killers.length === 0 ? "SURVIVED" : `${killers.length} cases, such as: ${killers[0]}`;
    console.log(`${String(i + 1).padStart(3)} ${mutant.file}: ${mutant.name}: ${by}`);
  }
  if (options.only === undefined)
    for (const name of baseline.passed) if (!reached.has(name)) console.log(`no mutant reaches: ${name}`);
  for (const name of survivors) console.log(`survived: ${name}`);
  console.log(`${chosen.length - survivors.length} of ${chosen.length} mutants noticed`);
  process.exitCode = survivors.length === 0 && chosen.length > 0 ? 0 : 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
