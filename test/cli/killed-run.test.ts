import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, expect, test, vi } from "vitest";
import { stackName } from "../../core/names.ts";
import { engineAddress, objectsOf, openEngine } from "../../infra/docker/operate/engine.ts";
import { projectRoot } from "../../stacks/program.ts";
import { missingForEngine } from "../engine/requirements.ts";

const missing = await missingForEngine();
const name = `test-killed-${process.pid}`;
const prefix = stackName("beat-ecoprove", name);
const engine = openEngine(engineAddress());
const home = mkdtempSync(join(tmpdir(), "beat-test-"));
const file = join(projectRoot, `Pulumi.${name}.yaml`);
const program = join(projectRoot, "cli/main.ts");
const env = { PULUMI_BACKEND_URL: `file://${home}`, PULUMI_CONFIG_PASSPHRASE: "test" };
const beat = (...args: string[]) =>
  execa(process.execPath, [program, ...args, "--stack", name], { reject: false, stdin: "ignore", env });

/** Starts `up` and kills it with all it started, as a power cut would, while the provisioners are being created. */
async function killedUp(): Promise<void> {
  // A process group of its own, which can be killed as one.
  const run: ChildProcess = spawn(process.execPath, [program, "up", "--stack", name], {
    env: { ...process.env, ...env },
    stdio: "ignore",
    detached: true,
  });
  const ended = once(run, "exit");
  await vi.waitFor(
    async () => {
      const { containers } = await objectsOf(engine, prefix);
      expect(containers.map((container) => container.name)).toContain("provision-postgres");
    },
    { timeout: 90_000, interval: 100 },
  );
  process.kill(-(run.pid as number), "SIGKILL");
  await ended;
}

afterAll(async () => {
  if (missing === undefined) await beat("down", "--volumes", "--yes");
  rmSync(home, { recursive: true });
  rmSync(file, { force: true });
}, 60_000);

test("what a killed run left is refused by up, and cleared by down", { timeout: 240_000 }, async ({
  skip,
}) => {
  if (missing !== undefined) skip(missing);
  writeFileSync(
    file,
    "config:\n  platform:source: sample\n  platform:environment: Development\n  platform:ports: { gateway: 19901, postgres: false, mongo: false, redis: false, kafka: false }\n",
  );
  await killedUp();
  const refused = await beat("up");
  expect(refused.stderr).toMatch(/an earlier run (left container|was stopped in the middle of)/);
  expect(refused.exitCode).toBe(2);

  const down = await beat("down");
  expect(down.stderr).toMatch(/lock of a killed run removed/);
  expect(down.exitCode).toBe(0);
  const { containers, networks } = await objectsOf(engine, prefix);
  expect([containers, networks]).toEqual([[], []]);

  const checks = JSON.parse((await beat("doctor", "--json")).stdout) as { name: string; ok: boolean }[];
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  await beat("down", "--volumes", "--yes");
  expect(await objectsOf(engine, prefix)).toEqual({ containers: [], networks: [], volumes: [] });
});
