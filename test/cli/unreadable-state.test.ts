import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findPulumi } from "../../cli/workspace.ts";
import { projectRoot } from "../../stacks/program.ts";
import { missingForPulumi } from "../engine/requirements.ts";

const missing = await missingForPulumi();
const home = mkdtempSync(join(tmpdir(), "beat-test-"));
const files: string[] = [];
/** An API server that answers, and has nothing. */
const server = createServer(({ url }, response) => {
  const version = { major: "1", minor: "33", gitVersion: "v1.33.0" };
  const none = { kind: "Status", apiVersion: "v1", status: "Failure", reason: "NotFound", code: 404 };
  response.writeHead(url?.startsWith("/version") ? 200 : 404, { "content-type": "application/json" });
  response.end(JSON.stringify(url?.startsWith("/version") ? version : none));
});
const kubeconfig = join(home, "kubeconfig");

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [
        {
          name: "c",
          cluster: {
            server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
            "insecure-skip-tls-verify": true,
          },
        },
      ],
      users: [{ name: "u", user: { token: "t" } }],
      contexts: [{ name: "none", context: { cluster: "c", user: "u" } }],
    }),
  );
});
const environment = (folder: string) => ({
  PULUMI_BACKEND_URL: `file://${folder}`,
  PULUMI_CONFIG_PASSPHRASE: "test",
  KUBECONFIG: kubeconfig,
});
const beat = (args: readonly string[], folder = home) =>
  execa(process.execPath, [join(projectRoot, "cli/main.ts"), ...args], {
    reject: false,
    stdin: "ignore",
    env: environment(folder),
  });
/** A stack that was made, with the file of its state. */
async function made(target: "docker" | "kubernetes"): Promise<{ name: string; state: string }> {
  const name = `test-unread-${target}-${process.pid}`;
  const file = join(projectRoot, `Pulumi.${name}.yaml`);
  files.push(file);
  const place = target === "docker" ? "" : "  platform:kubernetes: { context: none }\n";
  writeFileSync(file, `config:\n  platform:target: ${target}\n  platform:source: sample\n${place}`);
  const { command } = await findPulumi(false);
  await execa(command, ["stack", "init", name], { cwd: projectRoot, env: environment(home) });
  return { name, state: join(home, ".pulumi/stacks/beat-ecoprove", `${name}.json`) };
}

afterAll(() => {
  server.close();
  rmSync(home, { recursive: true });
  for (const file of files) rmSync(file, { force: true });
});

/** What is typed at a stack whose state may be gone. */
const commands: readonly (readonly string[])[] = [
  ["up"],
  ["down", "--yes"],
  ["status"],
  ["logs"],
  ["verify"],
  ["backup"],
  ["backup", "verify"],
  ["restore", "--store", "postgres", "--database", "core_service", "--yes"],
];

describe.skipIf(missing !== undefined)("a state that cannot be read", { timeout: 240_000 }, () => {
  test.each(["docker", "kubernetes"] as const)(
    "of a stack on %s is told by every command, with a mend that works when typed",
    async (target) => {
      const { name, state } = await made(target);
      copyFileSync(state, `${state}.bak`);
      // As a disk that is full leaves it.
      truncateSync(state, 100);
      for (const command of commands) {
        const { exitCode, stderr } = await beat([...command, "--stack", name]);
        expect([command, exitCode, stderr.split("\n")[0]]).toEqual([
          command,
          2,
          "beat: the stack's state cannot be read:",
        ]);
        expect(stderr).toContain(`${state}: is damaged: `);
        expect(stderr).not.toMatch(/Command failed|stdout:|^ +at /m);
      }
      const { stdout } = await beat(["doctor", "--stack", name]);
      const [, mend = ""] =
        / fix: .*: (cp '.*' '.*') {2}\(then: pulumi refresh --stack \S+\)$/m.exec(stdout) ?? [];
      await execa("bash", ["-c", mend]);
      expect(readFileSync(state, "utf8")).toBe(readFileSync(`${state}.bak`, "utf8"));
      expect((await beat(["secrets", "list", "--stack", name])).stderr).not.toContain("damaged");

      // Where that one is no better it is put away, and what is left can be asked for.
      for (const file of [state, `${state}.bak`]) writeFileSync(file, "{");
      const damaged = await beat(["status", "--stack", name]);
      const [, put = ""] =
        /where there is none: (mv '.*' '.*'), and see what is left: \.\/beat status --stack/.exec(
          damaged.stderr,
        ) ?? [];
      await execa("bash", ["-c", put]);
      const left = await beat(["status", "--stack", name]);
      expect(left.exitCode).toBe(2);
      expect(left.stderr).toMatch(/was never brought up here/);
    },
  );

  test("in a folder that is not there, or at a service that wants a login, is told with what names another", async () => {
    const { name } = await made("docker");
    const gone = join(home, "it's gone");
    const away = await beat(["status", "--stack", name], gone);
    expect([away.exitCode, away.stderr]).toEqual([
      2,
      expect.stringContaining("cannot be opened (no such file or directory)"),
    ]);
    const [, make = ""] = /for a new one: (mkdir -p .*)$/m.exec(away.stderr) ?? [];
    await execa("bash", ["-c", make]);
    expect((await beat(["status", "--stack", name], gone)).stderr).toContain("was never brought up here");
    const { exitCode, stderr } = await execa(
      process.execPath,
      [join(projectRoot, "cli/main.ts"), "status", "--stack", name],
      {
        reject: false,
        stdin: "ignore",
        env: {
          PULUMI_BACKEND_URL: "https://state.example.org",
          PULUMI_CONFIG_PASSPHRASE: "test",
          PULUMI_ACCESS_TOKEN: "",
          PULUMI_HOME: home,
        },
      },
    );
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringContaining("PULUMI_BACKEND_URL: it names a service that wants a login"),
    ]);
  });
});
