import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, describe, expect, test } from "vitest";
import { projectRoot } from "../../stacks/program.ts";
import { missingForPulumi } from "../engine/requirements.ts";

const missing = await missingForPulumi();
const name = `test-passphrase-${process.pid}`;
const home = mkdtempSync(join(tmpdir(), "beat-test-"));
const clone = join(home, "clone");
const file = join(projectRoot, `Pulumi.${name}.yaml`);
const beat = (...args: readonly string[]) =>
  execa(process.execPath, [join(projectRoot, "cli/main.ts"), ...args, "--stack", name], {
    reject: false,
    env: {
      PULUMI_BACKEND_URL: `file://${home}`,
      BEAT_HOME: clone,
      PULUMI_CONFIG_PASSPHRASE: undefined,
      PULUMI_CONFIG_PASSPHRASE_FILE: undefined,
    },
  });

describe.skipIf(missing !== undefined)("a clone's first stack", { timeout: 120_000 }, () => {
  afterAll(() => {
    rmSync(home, { recursive: true });
    rmSync(file, { force: true });
  });

  test("leaves no passphrase when its settings are refused, and one when it is made", async () => {
    writeFileSync(file, "config:\n  platform:replicas: many\n");
    expect((await beat("secrets", "make")).exitCode).toBe(2);
    expect(existsSync(join(clone, "passphrase"))).toBe(false);
    writeFileSync(file, "config:\n  platform:source: sample\n");
    expect((await beat("secrets", "make")).exitCode).toBe(0);
    expect(existsSync(join(clone, "passphrase"))).toBe(true);
  });
});

test("a machine without Pulumi is told the rest of its environment, and gets no passphrase", async () => {
  const empty = mkdtempSync(join(tmpdir(), "beat-test-"));
  try {
    const { exitCode, stdout } = await execa(process.execPath, [join(projectRoot, "cli/main.ts"), "env"], {
      reject: false,
      extendEnv: false,
      env: { PATH: empty, HOME: empty, BEAT_HOME: empty },
    });
    expect(exitCode).toBe(0);
    expect(stdout).toContain("export PULUMI_SKIP_UPDATE_CHECK=");
    expect(existsSync(join(empty, "passphrase"))).toBe(false);
  } finally {
    rmSync(empty, { recursive: true });
  }
});
