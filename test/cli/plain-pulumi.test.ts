import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, expect, test } from "vitest";
import { findPulumi } from "../../cli/workspace.ts";
import { projectRoot } from "../../stacks/program.ts";
import { missingForPulumi } from "../engine/requirements.ts";

const missing = await missingForPulumi();
const name = `test-plain-${process.pid}`;
const home = mkdtempSync(join(tmpdir(), "beat-test-"));
const file = join(projectRoot, `Pulumi.${name}.yaml`);
const env = { PULUMI_BACKEND_URL: `file://${home}`, PULUMI_CONFIG_PASSPHRASE: "test" };

afterAll(() => {
  rmSync(home, { recursive: true });
  rmSync(file, { force: true });
});

test("Pulumi takes the program for its own, other packages the registry", () => {
  const { exports } = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as {
    exports: { ".": Record<string, string> };
  };
  // Source: Pulumi's Node.js language host: `default || require || import` of "."; Node takes the first that fits.
  expect(exports["."].default).toBe("./stacks/main.mjs");
  expect(Object.keys(exports["."])).toEqual(["types", "import", "require", "default"]);
});

// What the program refuses, nothing else does; no plugin is needed to see that.
test("a plain pulumi preview runs the program", { timeout: 120_000 }, async ({ skip }) => {
  if (missing !== undefined) skip(missing);
  const { command } = await findPulumi(false);
  const pulumi = (...args: string[]) =>
    execa(command, [...args, "--stack", name, "--non-interactive"], {
      cwd: projectRoot,
      reject: false,
      all: true,
      env,
    });
  await pulumi("stack", "init");
  writeFileSync(file, "config:\n  platform:source: sample\n  platform:bind: everywhere\n");
  const { all, exitCode } = await pulumi("preview", "--color", "never");
  expect(all).toContain("platform:bind: must be an IP address");
  expect(exitCode).not.toBe(0);
});
