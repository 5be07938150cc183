import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, expect, test } from "vitest";
import { findPulumi } from "../../cli/workspace.ts";
import { projectRoot } from "../../stacks/program.ts";
import { missingForEngine } from "./requirements.ts";

const missing = await missingForEngine();
const name = `test-pack-${process.pid}`;
const home = mkdtempSync(join(tmpdir(), "beat-test-"));
const file = join(projectRoot, `Pulumi.${name}.yaml`);
const pulumi = async (...args: readonly string[]) =>
  execa((await findPulumi(false)).command, [...args, "--stack", name, "--non-interactive"], {
    cwd: projectRoot,
    reject: false,
    all: true,
    env: { PULUMI_BACKEND_URL: `file://${home}`, PULUMI_CONFIG_PASSPHRASE: "test" },
  });
const preview = (config: string) => {
  writeFileSync(file, `config:\n  platform:source: sample\n${config}`);
  return pulumi("preview", "--policy-pack", "policies/pack", "--color", "never");
};

afterAll(() => {
  rmSync(home, { recursive: true });
  rmSync(file, { force: true });
  rmSync(join(projectRoot, ".beat/build", name), { recursive: true, force: true });
});

test("the policy pack judges a real preview", { timeout: 240_000 }, async ({ skip }) => {
  if (missing !== undefined) skip(missing);
  await pulumi("stack", "init");
  const good = await preview("");
  // The program ran: nothing registered breaks no rule either.
  expect(good.all).toMatch(/docker:index:Container +redis +create/);
  expect(good.all).toMatch(/✅ beat-ecoprove@/);
  expect(good.exitCode).toBe(0);
  const bad = await preview("  platform:environment: Development\n  platform:storesBind: 0.0.0.0\n");
  expect(bad.all).toMatch(/\[mandatory\] +stores-on-loopback +\(docker:index:Container: redis\)/);
  expect(bad.all).toContain("redis publishes port 6379 on 0.0.0.0");
  expect(bad.exitCode).not.toBe(0);
});
