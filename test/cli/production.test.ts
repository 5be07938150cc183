import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, describe, expect, test } from "vitest";
import { findPulumi } from "../../cli/workspace.ts";
import { stackName } from "../../core/names.ts";
import { engineAddress, objectsOf, openEngine } from "../../infra/docker/operate/engine.ts";
import { projectRoot } from "../../stacks/program.ts";
import { missingForEngine } from "../engine/requirements.ts";

const missing = await missingForEngine();
const name = `test-production-${process.pid}`;
const home = mkdtempSync(join(tmpdir(), "beat-test-"));
const file = join(projectRoot, `Pulumi.${name}.yaml`);
const beat = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  execa(process.execPath, [join(projectRoot, "cli/main.ts"), ...args], {
    reject: false,
    stdin: "ignore",
    env: { PULUMI_BACKEND_URL: `file://${home}`, PULUMI_CONFIG_PASSPHRASE: "test", ...env },
  });

describe("a stack that does not say what it is, is production", { timeout: 120_000 }, () => {
  afterAll(() => {
    rmSync(home, { recursive: true });
    rmSync(file, { force: true });
  });

  test("up shows what would change and asks; where nobody can be asked it says what to type", async ({
    skip,
  }) => {
    if (missing !== undefined) skip(missing);
    writeFileSync(
      file,
      "config:\n  platform:source: sample\n  platform:ports: { gateway: 19902, postgres: false, mongo: false, redis: false, kafka: false }\n",
    );
    const { exitCode, stderr } = await beat(["up", "--stack", name]);
    expect(exitCode, stderr).toBe(2);
    expect(stderr).toMatch(/ create \d+ resources/);
    expect(stderr).not.toContain("✔ container");
    expect(stderr).toContain(`fix: ./beat up --stack ${name} --yes`);
    const found = await objectsOf(openEngine(engineAddress()), stackName("beat-ecoprove", name));
    expect([found.containers, found.networks, found.volumes]).toEqual([[], [], []]);
  });

  test("down asks for its name; --yes counts only where the command line has the name", async ({ skip }) => {
    if (missing !== undefined) skip(missing);
    await execa((await findPulumi(false)).command, ["stack", "init", name, "--non-interactive"], {
      cwd: projectRoot,
      env: { PULUMI_BACKEND_URL: `file://${home}`, PULUMI_CONFIG_PASSPHRASE: "test" },
    });
    for (const [args, fix] of [
      [["down", "--stack", name], `./beat down --stack ${name} --yes`],
      [["down", "--yes"], `./beat down --stack ${name} --yes`],
      [["down", "--volumes", "--yes"], `./beat down --volumes --stack ${name} --yes`],
    ] as const) {
      const { exitCode, stderr } = await beat(args, { BEAT_STACK: name });
      expect(exitCode, stderr).toBe(2);
      expect(stderr).toContain(`fix: ${fix}`);
    }
  });
});
