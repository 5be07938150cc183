import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stackCalled } from "../../cli/command.ts";
import { findPulumi } from "../../cli/workspace.ts";
import { projectRoot } from "../../stacks/program.ts";
import { missingForEngine, missingForPulumi } from "../engine/requirements.ts";

const missing = await missingForPulumi();
const name = `test-first-${process.pid}`;
const home = mkdtempSync(join(tmpdir(), "beat-test-"));
const clone = join(home, "clone");
const file = join(projectRoot, `Pulumi.${name}.yaml`);
const env = {
  PULUMI_BACKEND_URL: `file://${home}`,
  DOCKER_HOST: `unix://${home}/none.sock`,
  BEAT_HOME: clone,
};
const beat = (args: readonly string[], more: Record<string, string | undefined> = {}) =>
  execa(process.execPath, [join(projectRoot, "cli/main.ts"), ...args], {
    reject: false,
    stdin: "ignore",
    env: { PULUMI_CONFIG_PASSPHRASE: undefined, PULUMI_CONFIG_PASSPHRASE_FILE: undefined, ...env, ...more },
  });
const withPassphrase = { PULUMI_CONFIG_PASSPHRASE: "test" };

describe.skipIf(missing !== undefined)("a clone in which nothing was done yet", { timeout: 120_000 }, () => {
  beforeAll(async () => {
    writeFileSync(file, "config:\n  platform:source: sample\n");
    expect((await beat(["secrets", "make", "--stack", name], withPassphrase)).exitCode).toBe(0);
  }, 60_000);
  afterAll(() => {
    rmSync(home, { recursive: true });
    rmSync(file, { force: true });
  });

  test.for(["up", "doctor", "env"])(
    "makes no passphrase for a stack that has one, though its file has lost the salt: %s",
    async (command) => {
      const whole = readFileSync(file, "utf8");
      writeFileSync(file, whole.replace(/^encryptionsalt:.*\n/m, ""));
      const { exitCode, stdout, stderr } = await beat([command, "--stack", name]);
      writeFileSync(file, whole);
      expect(exitCode).toBe(2);
      expect(stdout + stderr).toContain(`the state of ${name} was encrypted with a passphrase`);
      expect(existsSync(clone)).toBe(false);
    },
  );

  test("nor for a name that was mistyped", async () => {
    const { exitCode, stderr } = await beat(["up", "--stack", `${name}x`]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(`"${name}x" was never brought up here`)]);
    expect(existsSync(clone)).toBe(false);
  });

  test("refuses a name that no stack can have alike, whatever the command", async () => {
    for (const args of [["up"], ["doctor"], ["render"], ["env"], ["render", "--format", "compose"]]) {
      const { exitCode, stderr } = await beat([...args, "--stack", "a b"], withPassphrase);
      expect([exitCode, stderr]).toEqual([
        2,
        expect.stringMatching(/^beat: nothing was done:\n {2}- --stack: "a b" cannot be the name of a stack/),
      ]);
    }
    for (const odd of ["", "../x", "org/dev", "-x", "x".repeat(101), "dev\n"])
      expect(() => stackCalled(odd), odd).toThrow("cannot be the name of a stack");
    expect(stackCalled("v1.2_a-B")).toBe("v1.2_a-B");
  });

  test.for([
    [["upp"], 2, "unknown command 'upp'"],
    [["up", "--now"], 2, "unknown option '--now'"],
    [["restore"], 2, "required option '--store <name>' not specified"],
    [["logs", "--tail", "few", "--since", "2d"], 2, '--tail: "few" is no whole number'],
    [["images", "list", "a", "--stack", "b"], 2, "--stack: is b, and the stack a is named as well"],
    [["render", "a", "--stack", "b"], 2, "--stack: is b, and the stack a is named as well"],
    [["up", "--help"], 0, "Usage: beat up"],
  ] as const)("what nobody understands is refused input: %s", async ([args, code, words]) => {
    const { exitCode, stdout, stderr } = await beat(args, withPassphrase);
    expect([exitCode, stdout + stderr]).toEqual([code, expect.stringContaining(words)]);
  });

  test("another run of the stack is told as what it is, before anything it has made so far", async ({
    skip,
  }) => {
    const without = await missingForEngine([]);
    if (without !== undefined) skip(without);
    const { command } = await findPulumi(false);
    const locks = join(home, ".pulumi/locks/organization/beat-ecoprove", name);
    mkdirSync(locks, { recursive: true });
    const lock = { pid: process.pid, username: "ana", hostname: hostname(), timestamp: new Date() };
    writeFileSync(join(locks, "6f3c.json"), JSON.stringify(lock));
    // That it is where Pulumi looks, and as Pulumi reads it.
    const { stderr } = await execa(command, ["refresh", "--stack", name, "--yes", "--non-interactive"], {
      cwd: projectRoot,
      reject: false,
      env: { ...env, ...withPassphrase },
    });
    expect(stderr).toMatch(new RegExp(`created by ana@${hostname()} \\(pid ${process.pid}\\)`));
    for (const args of [["up"], ["down", "--yes"], ["doctor"]]) {
      const { exitCode, all } = await execa(
        process.execPath,
        [join(projectRoot, "cli/main.ts"), ...args, "--stack", name],
        {
          reject: false,
          all: true,
          stdin: "ignore",
          env: { ...env, ...withPassphrase, DOCKER_HOST: undefined },
        },
      );
      expect([exitCode, all]).toEqual([
        2,
        expect.stringMatching(/another run.*under way since \S+, of ana@.*\n.*fix: wait until it has ended/),
      ]);
      expect(all).not.toMatch(/earlier run|pulumi cancel/);
    }
  });

  test("a stack that has left its target or its engine is told that, whatever else its settings say", async ({
    skip,
  }) => {
    const { command } = await findPulumi(false);
    rmSync(join(home, ".pulumi/locks"), { recursive: true, force: true });
    const whole = readFileSync(file, "utf8");
    const pulumi = (args: readonly string[], input = "") =>
      execa(command, [...args, "--stack", name], {
        cwd: projectRoot,
        input,
        env: { ...env, ...withPassphrase },
      });
    const exported = JSON.parse((await pulumi(["stack", "export"])).stdout) as { deployment: object };
    const urn = (type: string, of: string) => `urn:pulumi:${name}::beat-ecoprove::${type}::${of}`;
    const type = "docker:index/volume:Volume";
    const resources = [
      {
        urn: urn("pulumi:pulumi:Stack", `beat-ecoprove-${name}`),
        type: "pulumi:pulumi:Stack",
        custom: false,
      },
      { urn: urn(type, "redis-data"), type, custom: true, id: "elsewhere", outputs: { labels: [] } },
    ];
    const state = { ...exported, deployment: { ...exported.deployment, resources } };
    await pulumi(["stack", "import"], JSON.stringify(state));
    const told = async (args: readonly string[], more: Record<string, string | undefined>) => {
      const { exitCode, stderr } = await beat([...args, "--stack", name], { ...withPassphrase, ...more });
      return [exitCode, stderr];
    };
    const moved = "config:\n  platform:target: kubernetes\n  platform:ports: { gateway: 9100 }\n";
    writeFileSync(file, whole.replace("config:\n", moved));
    for (const args of [["up"], ["preview"]])
      expect(await told(args, {})).toEqual([
        2,
        expect.stringMatching(
          /^beat: .*\n {2}- platform:target: \S+ was made on a container engine[^\n]*\n {4}fix: [^\n]*\n?$/,
        ),
      ]);
    writeFileSync(file, whole);
    const without = await missingForEngine();
    if (without !== undefined) skip(without);
    for (const args of [["up"], ["down", "--yes"]])
      expect(await told(args, { DOCKER_HOST: undefined })).toEqual([
        2,
        expect.stringContaining("has none of the stack's volumes (elsewhere)"),
      ]);
  });
});
