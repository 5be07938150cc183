import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { beforeMade } from "../../cli/new-stack.ts";
import { parseSettings } from "../../config/settings/parse.ts";
import { stackNameProblems } from "../../config/settings/stack-name.ts";
import { projectRoot } from "../../stacks/program.ts";
import { missingForPulumi } from "../engine/requirements.ts";

const missing = await missingForPulumi();
const name = `test-new-${process.pid}`;
const home = mkdtempSync(join(tmpdir(), "beat-test-"));
const file = join(projectRoot, `Pulumi.${name}.yaml`);
// As a person writes it: Pulumi would write false as a text, and the braces without their spaces.
const written = `config:\n  # nobody's yet\n  platform:generateSecrets: false\n  platform:ports: { gateway: 19901 }\n`;
const beat = (args: readonly string[], input = "") =>
  execa(process.execPath, [join(projectRoot, "cli/main.ts"), ...args, "--stack", name], {
    reject: false,
    input,
    env: {
      PULUMI_BACKEND_URL: `file://${home}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      DOCKER_HOST: `unix://${home}/none.sock`,
    },
  });
const stacks = (): string[] =>
  readdirSync(home, { recursive: true, encoding: "utf8" }).filter((path) => /stacks\/.*\.json$/.test(path));

describe("a stack that was never made", { timeout: 120_000 }, () => {
  beforeEach(() => writeFileSync(file, written));
  afterAll(() => {
    rmSync(home, { recursive: true });
    rmSync(file, { force: true });
  });

  test.for([
    { args: ["secrets", "list"], code: 0 },
    { args: ["images", "list"], code: 0 },
    { args: ["doctor"], code: 2 },
    { args: ["secrets", "set", "nosuch"], code: 2 },
    { args: ["up"], code: 2 },
  ])("is not there after $args either, and its file is as it was", async ({ args, code }, { skip }) => {
    if (missing !== undefined) skip(missing);
    const { exitCode } = await beat(args, "abc");
    expect(exitCode).toBe(code);
    expect(readFileSync(file, "utf8")).toBe(written);
    expect(stacks()).toEqual([]);
  });

  test.for(["A_B", "a..b"])("has no file that pulumi could rename: %s", (odd) => {
    const problems = stackNameProblems("beat", odd, parseSettings({}));
    expect(beforeMade(odd, problems).map(({ fix }) => fix)).toEqual([
      `mv Pulumi.${odd}.yaml Pulumi.a-b.yaml, and then --stack a-b`,
    ]);
  });

  test("that a command did something to stays, and a refused one leaves it alone", async ({ skip }) => {
    if (missing !== undefined) skip(missing);
    expect((await beat(["secrets", "make"])).exitCode).toBe(0);
    expect(stacks()).toHaveLength(1);
    const made = readFileSync(file, "utf8");
    expect(made).toContain("encryptionsalt");
    expect((await beat(["secrets", "set", "nosuch"], "abc")).exitCode).toBe(2);
    expect((await beat(["doctor"])).exitCode).toBe(2);
    expect(stacks()).toHaveLength(1);
    expect(readFileSync(file, "utf8")).toBe(made);
  });
});
