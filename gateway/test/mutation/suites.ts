import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { suiteFile } from "./mutant.ts";
import { type Build, root } from "./sources.ts";

/** Cases as `suite: name`. */
export interface Results {
  readonly failed: ReadonlySet<string>;
  readonly passed: ReadonlySet<string>;
}

/** How suites are run. */
export interface RunOptions {
  /** Only these cases. */
  readonly cases?: readonly string[];
  /** Stops at the first case that fails. */
  readonly first?: boolean;
}

/** Milliseconds for a suite: a test that does not end has noticed something too. */
const limit = 300_000;

/** Runs a suite against a build: a test beside the source on the copy, any other on the bundle. */
export async function run(build: Build, suite: string, { cases, first }: RunOptions = {}): Promise<Results> {
  const failed = new Set<string>();
  const passed = new Set<string>();
  const report = join(build.copy, `report-${suite.replaceAll(/[:/]/g, "-")}.json`);
  rmSync(report, { force: true });
  const args = [
    join(root, "node_modules/vitest/vitest.mjs"),
    "run",
    `--root=${suite.startsWith("unit:") ? build.copy : root}`,
    suite === "fuzz" ? "gateway/test/fuzz/" : suiteFile(suite),
    "--reporter=json",
    `--outputFile=${report}`,
    ...(first === true ? ["--bail=1"] : []),
    ...(cases === undefined ? [] : ["-t", cases.map(literally).join("|")]),
  ];
  const { stderr, late } = await inGroup(args, {
    ...process.env,
    GATEWAY_UNDER_TEST: `${process.execPath} ${build.bundle}`,
  });
  if (late) return { failed: new Set([`${suite}: does not end`]), passed };
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
    throw new Error(`${suite}: wrote no report: ${stderr.slice(-1000)}`);
  }
  for (const file of json.testResults) {
    for (const { fullName, status } of file.assertionResults)
      if (status === "failed") failed.add(`${suite}: ${fullName.trim()}`);
      else if (status === "passed") passed.add(`${suite}: ${fullName.trim()}`);
    // A gateway that died, or did not start; source that cannot be read.
    if (file.status === "failed" && !file.assertionResults.some(({ status }) => status === "failed"))
      failed.add(`${suite}: ${file.message.split("\n", 1)[0]}`);
  }
  if (failed.size + passed.size === 0) throw new Error(`${suite}: no case ran`);
  return { failed, passed };
}

/** Runs a Node with everything that it starts in a group of its own: who stops at the first failure cleans up nothing. */
async function inGroup(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ readonly stderr: string; readonly late: boolean }> {
  const child = spawn(process.execPath, args, {
    cwd: root,
    env,
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  let late = false;
  const end = () => {
    try {
      process.kill(-(child.pid as number), "SIGKILL");
    } catch {
      // Nobody is left.
    }
  };
  const timer = setTimeout(() => {
    late = true;
    end();
  }, limit);
  await once(child, "exit");
  clearTimeout(timer);
  end();
  return { stderr, late };
}

/** A pattern for a case's full name, in which vitest parts the groups by `>` and its report by a space. */
const literally = (name: string) => name.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&").replaceAll(" ", " (?:> )?");
