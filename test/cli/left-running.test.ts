import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stackName } from "../../core/names.ts";
import { componentLabel, stackLabel } from "../../infra/docker/labels.ts";
import { engineAddress, openEngine } from "../../infra/docker/operate/engine.ts";
import { projectRoot } from "../../stacks/program.ts";
import { storeImages } from "../../stores/index.ts";
import { uploadsImage } from "../../stores/uploads.ts";
import { missingForEngine } from "../engine/requirements.ts";

const { repository, tag } = storeImages[uploadsImage];
const image = `${repository}:${tag}`;
const missing = await missingForEngine([image]);
const name = `test-left-${process.pid}`;
const prefix = stackName("beat-ecoprove", name);
const engine = openEngine(engineAddress());
const home = mkdtempSync(join(tmpdir(), "beat-test-"));
const file = join(projectRoot, `Pulumi.${name}.yaml`);
const written =
  "config:\n  # as somebody wrote it\n  platform:source: sample\n  platform:environment: Development\n  platform:backups: { keep: 3 }\n";
const container = `${prefix}-backup-postgres`;
const inside = async (script: string): Promise<string> =>
  (await execa("docker", ["exec", container, "bash", "-c", script], { reject: false })).stdout.trim();

beforeAll(async () => {
  if (missing !== undefined) return;
  writeFileSync(file, written);
  const made = await engine.createContainer({
    name: container,
    Image: image,
    Entrypoint: ["sleep", "infinity"],
    Labels: { [stackLabel]: prefix, [componentLabel]: "backup-postgres" },
  });
  await made.start();
  // A backup that takes its time.
  await inside(
    "mkdir -p /run/backup /run/secrets/backup /backups/.parts; echo secret > /run/secrets/backup/password; echo 'touch /begun; sleep 8; touch /ended' > /run/backup/backup.sh",
  );
}, 60_000);
afterAll(async () => {
  if (missing === undefined) await engine.getContainer(container).remove({ force: true });
  rmSync(home, { recursive: true });
  rmSync(file, { force: true });
}, 60_000);

/** Begins a command, and ends it by a signal, or by a pipe that nobody reads any more, once that is under way. */
async function left(args: readonly string[], signal: NodeJS.Signals, underWay: () => Promise<boolean>) {
  const child = spawn(process.execPath, [join(projectRoot, "cli/main.ts"), ...args, "--stack", name], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, PULUMI_BACKEND_URL: `file://${home}`, PULUMI_CONFIG_PASSPHRASE: "test" },
  });
  let said = "";
  child.stdout.on("data", (data: Buffer) => {
    said += String(data);
  });
  child.stderr.on("data", (data: Buffer) => {
    said += String(data);
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const deadline = Date.now() + 60_000;
  while (!(await underWay())) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`it was not under way: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  child.kill(signal);
  return { code: await ended, said };
}

/** What is left of the stack that a command makes where the state was lost. */
const nothingMade = (): void => {
  expect(readFileSync(file, "utf8")).toBe(written);
  expect(existsSync(join(home, ".pulumi/stacks/beat-ecoprove", `${name}.json`))).toBe(false);
};

describe.skipIf(missing !== undefined)(
  "what goes on in its container when its command is left",
  { timeout: 120_000 },
  () => {
    test.each([
      ["SIGINT", 130],
      ["SIGTERM", 143],
      ["SIGHUP", 129],
    ] as const)("by %s: a backup ends all the same, and who left is told so", async (signal, code) => {
      await inside("rm -f /begun /ended");
      const begun = async () => (await inside("ls /begun 2> /dev/null")) !== "";
      const result = await left(["backup"], signal, begun);
      expect(result.code).toBe(code);
      expect(result.said).toMatch(
        /! interrupted, but the backup that is under way goes on .* to its end; what had not begun yet is not saved; to see it: \.\/beat status --stack test-left-\d+\n$/,
      );
      nothingMade();
      expect(await inside("ls /ended 2> /dev/null")).toBe("");
      await inside("while [ ! -e /ended ]; do sleep 0.2; done");
    });

    test.each([
      [
        ["restore", "--store", "postgres", "--database", "core_service", "--yes"],
        "the restore goes on in its container or job to its end; what core_service was is kept as core_service_before_<time>; a second restore is refused until then; to see it: ./beat status --stack",
      ],
      [
        ["backup", "verify", "--store", "postgres"],
        "the drill that is under way goes on in its container or job to its end; to see it: ./beat status --stack",
      ],
    ])("%s is told, too, and waits for its turn in there", async (args, words) => {
      // A backup holds the lock meanwhile.
      const holds = inside(
        "exec 9> /backups/.parts/postgres.lock; flock 9; touch /held; while [ -e /held ]; do sleep 0.1; done",
      );
      const waiting = async () => (await inside("pgrep -f 'flock -w 720[0] 9' | head -n 1")) !== "";
      const result = await left(args, "SIGINT", waiting);
      expect([result.code, result.said]).toEqual([
        130,
        expect.stringContaining(`! interrupted, but ${words}`),
      ]);
      nothingMade();
      expect(await waiting()).toBe(true);
      if (args[0] === "restore") {
        const status = await execa(
          process.execPath,
          [join(projectRoot, "cli/main.ts"), "status", "--stack", name],
          {
            reject: false,
            env: { PULUMI_BACKEND_URL: `file://${home}`, PULUMI_CONFIG_PASSPHRASE: "test" },
          },
        );
        // Whoever would take away what it runs in is refused, with what ends it.
        for (const act of [["up"], ["down"]]) {
          const refused = await execa(
            process.execPath,
            [join(projectRoot, "cli/main.ts"), ...act, "--stack", name],
            {
              reject: false,
              stdin: "ignore",
              env: { PULUMI_BACKEND_URL: `file://${home}`, PULUMI_CONFIG_PASSPHRASE: "test" },
            },
          );
          expect([refused.exitCode, refused.stderr]).toEqual([
            2,
            expect.stringMatching(
              new RegExp(
                `restore of postgres/core_service: is under way.*\\n.*or end it: docker restart ${container}$`,
                "m",
              ),
            ),
          ]);
        }
        expect(status.stdout).toMatch(
          /backup of postgres .*a restore of core_service begun \S+ \S+ is running/,
        );
      }
      await inside("rm /held");
      await holds;
    });
  },
);
