import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { findPulumi } from "../../cli/workspace.ts";
import { parseSettings } from "../../config/settings/parse.ts";
import { InputError, type Problem } from "../../core/problems.ts";
import { onStack } from "../../core/stack-commands.ts";
import { projectRoot } from "../../stacks/program.ts";
import { wordsOf } from "../commands.ts";
import { missingForPulumi } from "../engine/requirements.ts";

const missing = await missingForPulumi();
/** A project of its own: the stack files of the repository are not touched. */
const project = mkdtempSync(join(tmpdir(), "beat-mends-"));
const file = join(project, "Pulumi.test.yaml");
let run: (command: string) => Promise<unknown>;

/** What is wrong with the stack's file, as `up` would tell it. */
function problems(): readonly Problem[] {
  const { config } = parse(readFileSync(file, "utf8")) as { config?: Record<string, unknown> };
  try {
    parseSettings(
      Object.fromEntries(
        Object.entries(config ?? {}).map(([key, value]) => [
          key,
          typeof value === "object" ? JSON.stringify(value) : String(value),
        ]),
      ),
    );
    return [];
  } catch (error) {
    if (error instanceof InputError) return error.problems;
    throw error;
  }
}

/** The first command of a mend, with what a person writes in the place of `<value>`. */
const commandOf = (fix: string, value: string): string =>
  wordsOf(fix.slice(Math.max(0, fix.search(/pulumi config (set|rm)/))))
    .map((word) => (/^<.*>$/.test(word) ? value : word))
    .join(" ");

/** Wrong settings in the YAML that people write, and what to write in the place of a mend's placeholder. */
const cases: readonly (readonly [yaml: string, value: string])[] = [
  ["platform:portz: 1", ""],
  ["platform:ports: { gateway: 70000 }", "9001"],
  ["platform:ports: { redisUi: 8001 }", ""],
  ["platform:publicHost: https://App.example.org/x", ""],
  ["platform:bind: localhost", "127.0.0.1"],
  ["platform:cors: [https://a.example.org, https://b.example.org/]", ""],
  ["platform:cors: [https://a.example.org, https://a.example.org]", ""],
  ["platform:trustedProxies: [10.0.0.0/99]", "10.0.0.0/8"],
  ["platform:jwt: { accessMinutes: 0 }", "5"],
  ["platform:images: { overrides: { kafka: { tag: 3.1 } } }", "3.1"],
  ["platform:images: { overrides: { kafka: { tag: true } } }", "4.3.1"],
  ["platform:images: { overrides: { kafka: { reference: x/y:1, tag: '2' } } }", ""],
  ["platform:images: { mirror: https://r.example.org }", "r.example.org"],
  ["platform:engine: /run/podman.sock", ""],
  ["platform:services: { core-service: { env: { A: ' ' } } }", "5"],
  ["platform:services: { core-service: { env: { a.b: x } } }", ""],
  ["platform:services: { core-service: { replicas: 1 } }", ""],
  ["platform:kubernetes: {}", ""],
  ["platform:backups: { schedule: 61 25 * * * }", "'0 3 * * *'"],
  ["platform:backups: { to: { volume: { size: 5Gi } } }", ""],
  ["platform:target: kubernetes\n  platform:bind: 127.0.0.1", ""],
  ["platform:target: kubernetes\n  platform:kubernetes: { serviceCpu: true }", "2"],
  ["platform:target: kubernetes\n  platform:kubernetes: { postgres: { volume: { size: 10GB } } }", ""],
  ["platform:target: kubernetes\n  platform:kubernetes: { pullSecrets: [a, a] }", ""],
  [
    "platform:target: kubernetes\n  platform:services: { core-service: { replicas: 1, autoscale: { min: 1, max: 2 } } }",
    "",
  ],
  [
    "platform:target: kubernetes\n  platform:services: { core-service: { annotations: { example.org/a: true } } }",
    "x",
  ],
  ["platform:target: kubernetes\n  platform:external: { kafka: { host: k:1 } }", "k.example.org"],
];

describe("a mend that is printed, when it is run, mends", { timeout: 300_000 }, () => {
  beforeAll(async () => {
    if (missing !== undefined) return;
    const { command } = await findPulumi(false);
    cpSync(join(projectRoot, "Pulumi.yaml"), join(project, "Pulumi.yaml"));
    const env = {
      PATH: `${dirname(command)}:${process.env.PATH}`,
      PULUMI_BACKEND_URL: `file://${project}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
    };
    run = (line) => execa("sh", ["-c", line], { cwd: project, env });
    await run("pulumi stack init test --non-interactive");
  }, 60_000);
  afterAll(() => rmSync(project, { recursive: true, force: true }));

  test.for(cases)("%s", async ([yaml, value], { skip }) => {
    if (missing !== undefined) skip(missing);
    writeFileSync(file, `config:\n  ${yaml}\n`);
    const before = problems();
    expect(before).toHaveLength(1);
    const command = commandOf(onStack(before[0]?.fix ?? "", "test"), value);
    expect(command).toMatch(/^pulumi config (set|rm) .* --stack test$/);
    await run(command);
    expect(problems()).toEqual([]);
  });
});
