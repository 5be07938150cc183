import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, describe, expect, test } from "vitest";
import { findPulumi } from "../../cli/workspace.ts";
import { stackName } from "../../core/names.ts";
import { stackLabel } from "../../infra/docker/labels.ts";
import { engineAddress, objectsOf, openEngine } from "../../infra/docker/operate/engine.ts";
import { projectRoot } from "../../stacks/program.ts";
import { missingForEngine } from "../engine/requirements.ts";

const missing = await missingForEngine();
const name = `test-refusals-${process.pid}`;
const prefix = stackName("beat-ecoprove", name);
const engine = openEngine(engineAddress());
const home = mkdtempSync(join(tmpdir(), "beat-test-"));
const file = join(projectRoot, `Pulumi.${name}.yaml`);
const config = (lines: string): void =>
  writeFileSync(
    file,
    `config:\n  platform:source: sample\n  platform:ports: { gateway: 19900, postgres: 15439, mongo: 37019, redis: 16389, kafka: 19099 }\n${lines}`,
  );

/** `./beat`'s program, with its own state. */
const beat = (args: string[], env: Record<string, string | undefined> = {}) =>
  execa(
    process.execPath,
    [join(projectRoot, "cli/main.ts"), ...args, ...(env.BEAT_STACK === undefined ? ["--stack", name] : [])],
    {
      reject: false,
      stdin: "ignore",
      env: { PULUMI_BACKEND_URL: `file://${home}`, PULUMI_CONFIG_PASSPHRASE: "test", ...env },
    },
  );

/** The stack as an earlier command would have left it. */
async function made(): Promise<void> {
  const { command } = await findPulumi(false);
  await execa(command, ["stack", "init", name, "--non-interactive"], {
    cwd: projectRoot,
    reject: false,
    env: { PULUMI_BACKEND_URL: `file://${home}`, PULUMI_CONFIG_PASSPHRASE: "test" },
  });
}

describe("beat refuses before anything is changed", { timeout: 120_000 }, () => {
  afterAll(async () => {
    const { containers, volumes } =
      missing === undefined ? await objectsOf(engine, prefix) : { containers: [], volumes: [] };
    for (const { id } of containers) await engine.getContainer(id).remove({ force: true });
    for (const volume of volumes) await engine.getVolume(volume.name).remove();
    rmSync(home, { recursive: true });
    rmSync(file, { force: true });
  });

  const refused = (
    what: string,
    message: RegExp,
    act: () => Promise<{ exitCode?: number | undefined; stderr: string }>,
  ) =>
    test(what, async ({ skip }) => {
      if (missing !== undefined) skip(missing);
      config("");
      const before = await objectsOf(engine, prefix);
      const { exitCode, stderr } = await act();
      expect(stderr).toMatch(message);
      expect(stderr).toMatch(/fix: /);
      expect(stderr).not.toMatch(/ {4}at .*\.ts/);
      expect(exitCode).toBe(2);
      expect((await objectsOf(engine, prefix)).containers.length).toBe(before.containers.length);
    });

  refused("an unknown key", /platform:portz: is not a setting/, () => {
    config("  platform:portz: 1\n");
    return beat(["up"]);
  });
  refused(
    "a password with @",
    /platform:secrets\.postgres-admin: must be 8 to 128 letters and digits/,
    () => {
      config("  platform:secrets: { postgres-admin: pass@word99 }\n");
      return beat(["up"]);
    },
  );
  refused(
    "a definition with several faults",
    /services\.b\.routes\[0\]\.prefix[\s\S]*services\.b\.env\.PORT: is empty/,
    () => {
      config("  platform:definition: test/cli/faulty-definition.ts\n");
      return beat(["up"]);
    },
  );
  for (const command of ["up", "preview"])
    refused(
      `${command} of a definition with an undeclared topic`,
      /^beat: .*\n.*services\.x\.needs\.kafka\.consumes\[0\]: topic "nobody_events" is not declared\n.*fix: add it to topics \(declared: auth_events\)\n?$/,
      () => {
        config("  platform:definition: test/cli/undeclared-topic.ts\n");
        return beat([command]);
      },
    );
  refused("a taken port", /platform:ports\.gateway: 127\.0\.0\.1:19900 is taken/, async () => {
    const server = createServer().listen(19900, "127.0.0.1");
    await once(server, "listening");
    try {
      return await beat(["up"]);
    } finally {
      server.close();
    }
  });
  refused(
    "an image that is nowhere",
    /localhost\/nowhere:1 is neither on the engine nor in a registry/,
    () => {
      config("  platform:services: { core-service: { source: { image: localhost/nowhere:1 } } }\n");
      return beat(["up"]);
    },
  );
  refused(
    "a floating tag in production",
    /platform:images\.overrides\.redis: redis:latest: the tag "latest" moves[\s\S]*\.\/beat images pin/,
    () => {
      config("  platform:images: { overrides: { redis: { tag: latest } } }\n");
      return beat(["up"]);
    },
  );
  refused("an engine that does not run", /nothing\.sock: does not answer \(ENOENT\)/, () =>
    beat(["up"], { DOCKER_HOST: `unix://${home}/nothing.sock` }),
  );
  refused("the remains of a run that the state does not know", /left volume .*postgres-data/, async () => {
    // Its password went with the state: nobody could open it.
    await engine.createVolume({ Name: `${prefix}-postgres-data`, Labels: { [stackLabel]: prefix } });
    return beat(["up"]);
  });
  refused("a passphrase that is missing", /PULUMI_CONFIG_PASSPHRASE: is not set/, () => {
    writeFileSync(file, "encryptionsalt: v1:AAAAAAAAAAA=:v1:AAAAAAAAAAAAAAAA:AAAA\n");
    // A home of its own, so that the clone's passphrase is not found.
    return beat(["up"], { PULUMI_CONFIG_PASSPHRASE: undefined, BEAT_HOME: home });
  });
  refused(
    "a passphrase that is not the stack's",
    /is not the passphrase the stack was made with/,
    async () => {
      await made();
      const { command } = await findPulumi(false);
      await execa(
        command,
        ["config", "set", "--secret", "--path", "platform:secrets.postgres-admin", "--stack", name],
        {
          cwd: projectRoot,
          input: "secret99",
          env: { PULUMI_BACKEND_URL: `file://${home}`, PULUMI_CONFIG_PASSPHRASE: "test" },
        },
      );
      return beat(["up"], { PULUMI_CONFIG_PASSPHRASE: "another" });
    },
  );
  refused("to show a stack that was never brought up", /"never" was never brought up here/, () =>
    beat(["status"], { BEAT_STACK: "never" }),
  );
  refused("a command that needs the engine, when it does not run", /does not answer \(ENOENT\)/, async () => {
    await made();
    return beat(["status"], { DOCKER_HOST: `unix://${home}/nothing.sock` });
  });
  test.for(["preview", "up", "down"])(
    "an engine that its own setting names wrongly, in the same words: %s",
    async (command, { skip }) => {
      if (missing !== undefined) skip(missing);
      config(`  platform:engine: unix://${home}/typo.sock\n`);
      await made();
      const { exitCode, stdout, stderr } = await beat([command]);
      expect([exitCode, stdout, stderr]).toEqual([
        2,
        "",
        expect.stringMatching(
          / - unix:\S+typo\.sock: does not answer \(ENOENT\); platform:engine names it\n.*pulumi config set platform:engine/,
        ),
      ]);
    },
  );
  test("doctor names a missing Pulumi beside the rest", async ({ skip }) => {
    if (missing !== undefined) skip(missing);
    config("");
    // A PATH that holds nothing, and an installer that cannot run without its shell.
    const { exitCode, stdout } = await beat(["doctor", "--json"], { PATH: home, BEAT_HOME: home });
    const checks = JSON.parse(stdout) as { name: string; ok: boolean; problem?: { fix: string } }[];
    expect(checks.find(({ name }) => name === "pulumi")?.problem?.fix).toMatch(/pulumi\.com/);
    expect(checks.find(({ name }) => name === "engine")?.ok).toBe(true);
    expect(exitCode).toBe(2);
  });
  refused("deleting data without being asked", /--volumes: deletes all data/, async () => {
    await made();
    config("  platform:environment: Development\n");
    return beat(["down", "--volumes"]);
  });
});
