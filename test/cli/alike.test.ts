import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, describe, expect, test } from "vitest";
import type { Check } from "../../infra/operate/check.ts";
import { projectRoot } from "../../stacks/program.ts";
import { missingForPulumi } from "../engine/requirements.ts";

const missing = await missingForPulumi();
const name = `test-alike-${process.pid}`;
const home = mkdtempSync(join(tmpdir(), "beat-test-"));
const file = join(projectRoot, `Pulumi.${name}.yaml`);
const beat = (...args: readonly string[]) =>
  execa(process.execPath, [join(projectRoot, "cli/main.ts"), ...args, "--stack", name], {
    reject: false,
    stdin: "ignore",
    all: true,
    env: {
      PULUMI_BACKEND_URL: `file://${home}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      DOCKER_HOST: `unix://${home}/none.sock`,
    },
  });

/** Settings that are refused, by whom it is found out: the grammar, the definition, the secrets, the sources. */
const cases = [
  ["platform:portz: 1", "platform:portz: is not a setting"],
  ["platform:services: { cart: {} }", "platform:services.cart: the definition has no such service"],
  [
    "platform:ports: { services: { cart: 5000 } }",
    "platform:ports.services.cart: the definition has no such service",
  ],
  ["platform:generateSecrets: false", "platform:secrets.mongo-admin: "],
  [
    "platform:environment: Development\n  platform:services: { auth-service: { source: { path: nowhere } } }",
    "platform:services.auth-service.source: ",
  ],
  ["platform:images: { overrides: { redis: { tag: latest } } }", "platform:images.overrides.redis: "],
  ["platform:definition: test/cli/undeclared-topic.ts", "services.x.needs.kafka.consumes[0]: topic"],
  ["platform:backups: { timeZone: europe/lisbon }", "platform:backups.timeZone: is spelled otherwise"],
] as const;

const times = (text: string, part: string): number => text.split(part).length - 1;

describe("doctor, preview and up refuse alike: once, with the same words, and nothing else", {
  timeout: 240_000,
}, () => {
  afterAll(() => {
    rmSync(home, { recursive: true });
    rmSync(file, { force: true });
  });

  test.for(cases)("%s", async ([yaml, words], { skip }) => {
    if (missing !== undefined) skip(missing);
    writeFileSync(file, `config:\n  platform:source: sample\n  ${yaml}\n`);
    const [doctor, preview, up] = [await beat("doctor", "--json"), await beat("preview"), await beat("up")];
    expect([doctor.exitCode, preview.exitCode, up.exitCode]).toEqual([2, 2, 2]);
    const found = (JSON.parse(doctor.stdout) as Check[]).flatMap(({ problem }) => problem ?? []);
    const problem = found.find(({ path, message }) => `${path}: ${message}`.startsWith(words));
    expect(problem, doctor.stdout).toBeDefined();
    const told = `  - ${problem?.path}: ${problem?.message}\n    fix: ${problem?.fix}\n`;
    for (const { all } of [preview, up]) {
      expect(times(`${all}\n`, told), all).toBe(1);
      expect(times(all, words), all).toBe(1);
      expect(all.split("\n")[0]).toMatch(/^beat: /);
    }
    expect(preview.all.split("\n").slice(1)).toEqual(up.all.split("\n").slice(1));
  });
});
