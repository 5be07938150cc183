import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, expect, test } from "vitest";
import { stackName } from "../../core/names.ts";
import { componentLabel, stackLabel } from "../../infra/docker/labels.ts";
import { engineAddress, objectsOf, openEngine } from "../../infra/docker/operate/engine.ts";
import { projectRoot } from "../../stacks/program.ts";
import { missingForEngine } from "../engine/requirements.ts";

const missing = await missingForEngine();
const name = `test-lost-${process.pid}`;
const prefix = stackName("beat-ecoprove", name);
const engine = openEngine(engineAddress());
const home = mkdtempSync(join(tmpdir(), "beat-test-"));
const file = join(projectRoot, `Pulumi.${name}.yaml`);
const written =
  "config:\n  # as somebody wrote it\n  platform:source: sample\n  platform:environment: Development\n  platform:ports: { gateway: 19901, postgres: false, mongo: false, redis: false, kafka: false }\n";
const image = "redis:8.0-alpine";
const own = `localhost/${prefix}-sample:latest`;
const beat = (...args: string[]) =>
  execa(process.execPath, [join(projectRoot, "cli/main.ts"), ...args], {
    reject: false,
    stdin: "ignore",
    env: { PULUMI_BACKEND_URL: `file://${home}`, PULUMI_CONFIG_PASSPHRASE: "test" },
  });

/** What a stack has on its engine, as far as it matters here. */
async function remains(): Promise<void> {
  const Labels = { [stackLabel]: prefix };
  await engine.createVolume({ Name: `${prefix}-postgres-data`, Labels });
  await engine.createNetwork({ Name: prefix, Labels });
  const container = await engine.createContainer({
    name: `${prefix}-redis`,
    Image: image,
    Labels: { ...Labels, [componentLabel]: "redis" },
  });
  await container.start();
  await engine.getImage(image).tag({ repo: own.replace(/:latest$/, ""), tag: "latest" });
}

const tags = async (): Promise<string[]> =>
  (await engine.listImages()).flatMap(({ RepoTags }) => RepoTags ?? []);

afterAll(async () => {
  if (missing === undefined) {
    const { containers, networks, volumes } = await objectsOf(engine, prefix);
    for (const { id } of containers) await engine.getContainer(id).remove({ force: true });
    for (const { id } of networks) await engine.getNetwork(id).remove();
    for (const volume of volumes) await engine.getVolume(volume.name).remove();
    if ((await tags()).includes(own)) await engine.getImage(own).remove();
  }
  rmSync(home, { recursive: true });
  rmSync(file, { force: true });
});

test("a stack whose state was lost is shown, and the mend that is printed for it works when it is typed", {
  timeout: 240_000,
}, async ({ skip }) => {
  if (missing !== undefined || !(await tags()).includes(image)) skip(missing ?? `needs ${image}`);
  writeFileSync(file, written);
  const never = await beat("status", "--stack", name);
  expect([never.exitCode, never.stderr]).toEqual([2, expect.stringContaining("was never brought up here")]);
  await remains();
  const status = await beat("status", "--stack", name);
  expect(status.stdout).toMatch(/redis +Up /);
  expect(status.stderr).toContain(`there is no state of ${name} here`);
  const { stdout } = await beat("doctor", "--stack", name);
  const [, mend = ""] = /fix: restore .*: \.\/beat (down --volumes --stack \S+)$/m.exec(stdout) ?? [];
  // Without `--volumes` the data stays.
  expect((await beat("down", "--stack", name)).exitCode).toBe(0);
  const kept = await objectsOf(engine, prefix);
  expect([kept.containers, kept.networks, kept.volumes.length]).toEqual([[], [], 1]);
  const down = await beat(...mend.split(" "), "--yes");
  expect([down.exitCode, down.stdout]).toEqual([0, expect.stringContaining("its data is deleted")]);
  expect(await objectsOf(engine, prefix)).toEqual({ containers: [], networks: [], volumes: [] });
  expect(await tags()).not.toContain(own);
  // Nothing is left of the stack that was made for it.
  expect(readFileSync(file, "utf8")).toBe(written);
  expect(existsSync(join(home, ".pulumi/stacks/beat-ecoprove", `${name}.json`))).toBe(false);
});
