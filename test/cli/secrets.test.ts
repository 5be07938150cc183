import { createPrivateKey } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { LocalWorkspace } from "@pulumi/pulumi/automation/index.js";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findPulumi } from "../../cli/workspace.ts";
import { projectRoot } from "../../stacks/program.ts";
import { missingForPulumi } from "../engine/requirements.ts";
import { processesWhile } from "./process-watch.ts";

const missing = await missingForPulumi();
const name = `test-secrets-${process.pid}`;
const home = mkdtempSync(join(tmpdir(), "beat-test-"));
const file = join(projectRoot, `Pulumi.${name}.yaml`);
const beat = (args: readonly string[], input = "", stack = name) =>
  execa(process.execPath, [join(projectRoot, "cli/main.ts"), "secrets", ...args, "--stack", stack], {
    reject: false,
    input,
    env: { PULUMI_BACKEND_URL: `file://${home}`, PULUMI_CONFIG_PASSPHRASE: "test" },
  });
const show = async (secret: string) => (await beat(["show", secret])).stdout;
const names = [
  "messaging-service-key-base",
  "mongo-admin",
  "mongo-messaging-service",
  "postgres-admin",
  "postgres-auth-service",
  "postgres-core-service",
  "postgres-messaging-service",
];

describe("beat secrets, for a stack that generates none", { timeout: 240_000 }, () => {
  const cases = (what: string, body: () => Promise<void>) =>
    test(what, async ({ skip }) => {
      if (missing !== undefined) skip(missing);
      await body();
    });
  let seen: readonly string[] = [];
  let first = "";

  beforeAll(() => {
    writeFileSync(file, "config:\n  platform:generateSecrets: false\n  platform:source: sample\n");
  });
  afterAll(() => {
    rmSync(home, { recursive: true });
    rmSync(file, { force: true });
  });

  cases("makes every missing one, encrypted, and prints no value", async () => {
    const watched = await processesWhile(() => beat(["make", "--json"]));
    const { stdout, stderr, exitCode } = watched.result;
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
    seen = watched.seen;
    const report = JSON.parse(stdout) as { created: string[]; secrets: { origin: string }[] };
    expect([...report.created].sort()).toEqual([...names, "signing-key"].sort());
    expect(new Set(report.secrets.map(({ origin }) => origin))).toEqual(new Set(["configuration"]));
    first = await show("postgres-core-service");
    expect(first).toMatch(/^[A-Za-z0-9]{64}$/);
    expect(await show("messaging-service-key-base")).toMatch(/^[A-Za-z0-9]{64,}$/);
    const pem = await show("signing-key");
    const key = createPrivateKey(pem);
    expect(key.asymmetricKeyType).toBe("rsa");
    expect(key.asymmetricKeyDetails?.modulusLength).toBeGreaterThanOrEqual(2048);
    const line = pem.split("\n")[1] as string;
    for (const value of [first, line])
      for (const text of [stdout, readFileSync(file, "utf8"), ...seen]) expect(text).not.toContain(value);
    // The watch is worth something only if it saw the writes.
    expect(seen.some((argv) => argv.includes("platform:secrets.postgres-core-service"))).toBe(true);
  });

  cases("list says where each comes from, and changes nothing", async () => {
    const before = readFileSync(file, "utf8");
    const { stdout, exitCode } = await beat(["list", "--json"]);
    expect(exitCode).toBe(0);
    const report = JSON.parse(stdout) as { created: string[]; secrets: { name: string; origin: string }[] };
    expect(report.created).toEqual([]);
    expect(report.secrets).toContainEqual({ name: "postgres-admin", origin: "configuration" });
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  cases("a name that was mistyped makes no stack", async () => {
    const typo = `${name}-typo`;
    for (const what of ["list", "make"]) {
      const { exitCode, stderr } = await beat([what], "", typo);
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(
        /--stack: "test-secrets-\d+-typo" was never brought up here[\s\S]*fix: name one of .*prod/,
      );
    }
    expect(existsSync(join(projectRoot, `Pulumi.${typo}.yaml`))).toBe(false);
  });

  cases("the old spellings still work, and say the new one", async () => {
    const { stdout, stderr, exitCode } = await beat(["--show", "postgres-core-service"]);
    expect([stdout, exitCode]).toEqual([first, 0]);
    expect(stderr).toContain(`the new one: ./beat secrets show postgres-core-service --stack ${name}`);
  });

  cases("a second call changes nothing", async () => {
    const before = readFileSync(file, "utf8");
    const { stdout } = await beat(["make", "--json"]);
    expect((JSON.parse(stdout) as { created: string[] }).created).toEqual([]);
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  cases("rotates one by name and leaves the others", async () => {
    const other = await show("postgres-auth-service");
    expect((await beat(["rotate", "postgres-core-service"])).exitCode).toBe(0);
    const rotated = await show("postgres-core-service");
    expect(rotated).toMatch(/^[A-Za-z0-9]{64}$/);
    expect(rotated).not.toBe(first);
    expect(await show("postgres-auth-service")).toBe(other);
  });

  cases("takes a value from standard input, and refuses one that a URL could not carry", async () => {
    expect((await beat(["set", "mongo-admin"], "Chosen4Mongo\n")).exitCode).toBe(0);
    expect(await show("mongo-admin")).toBe("Chosen4Mongo");
    const { exitCode, stderr } = await beat(["set", "mongo-admin"], "p@ssw/rd:1");
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/letters and digits/);
    expect(stderr).not.toContain("p@ssw");
    expect(await show("mongo-admin")).toBe("Chosen4Mongo");
  });

  cases("refuses a name it does not know, and an administrator's rotation, with the way out", async () => {
    const unknown = await beat(["show", "mongo-admim"]);
    expect(unknown.exitCode).toBe(2);
    expect(unknown.stderr).toMatch(/"mongo-admim" is not there[\s\S]*fix: use one of .*mongo-admin/);
    const admin = await beat(["rotate", "mongo-admin"]);
    expect(admin.exitCode).toBe(2);
    expect(admin.stderr).toMatch(
      /fix: change it in the store, then: .\/beat secrets set mongo-admin --stack/,
    );
  });

  cases("takes what nobody needs out of the state, and replaces what is needed there", async () => {
    const keeping = `${name}-kept`;
    const settings = join(projectRoot, `Pulumi.${keeping}.yaml`);
    const workspace = {
      workDir: mkdtempSync(join(home, "kept-")),
      envVars: { PULUMI_BACKEND_URL: `file://${home}`, PULUMI_CONFIG_PASSPHRASE: "test" },
      pulumiCommand: await findPulumi(false),
    };
    const up = async (secrets: readonly string[]) => {
      const program = async () => {
        const options = { protect: true, ignoreChanges: ["input"] };
        return Object.fromEntries(
          secrets.map((secret) => {
            const kept = new pulumi.Stash(secret, { input: pulumi.secret("KeptByTheState1") }, options);
            return [secret, kept.output];
          }),
        );
      };
      const args = { stackName: keeping, projectName: "beat-ecoprove", program };
      return (await LocalWorkspace.createOrSelectStack(args, workspace)).up();
    };
    await up(["mongo-messaging-service", "postgres-cart-service"]);
    writeFileSync(settings, "config:\n  platform:source: sample\n");
    try {
      const on = (args: readonly string[]) => beat(args, "", keeping);
      const list = JSON.parse((await on(["list", "--json"])).stdout) as { unneeded: string[] };
      expect(list.unneeded).toEqual(["postgres-cart-service"]);
      const needed = await on(["forget", "mongo-messaging-service"]);
      expect(needed.exitCode).toBe(2);
      expect(needed.stderr).toMatch(
        /is needed by the platform[\s\S]*fix: replace it: .\/beat secrets rotate/,
      );
      expect((await on(["forget", "postgres-cart-service"])).exitCode).toBe(0);
      expect(await on(["rotate", "mongo-messaging-service"])).toMatchObject({ exitCode: 0, stderr: "" });
      // Another run neither brings the old one back nor deletes anything.
      const { summary, outputs } = await up(["mongo-messaging-service"]);
      expect(summary.resourceChanges).toEqual({ same: 2 });
      const rotated = (await on(["show", "mongo-messaging-service"])).stdout;
      expect(rotated).toMatch(/^[A-Za-z0-9]{64}$/);
      expect(outputs["mongo-messaging-service"]).toEqual({ value: rotated, secret: true });
      expect(JSON.stringify(workspaceState(home))).not.toContain(rotated);
      // Neither has anything of it got into the stack's file.
      expect(readFileSync(settings, "utf8")).not.toContain("secure:");
      const notYet = await on(["rotate", "postgres-core-service"]);
      expect(notYet.exitCode).toBe(2);
      expect(notYet.stderr).toMatch(/has not been made yet[\s\S]*fix: bring the stack up/);
    } finally {
      rmSync(settings, { force: true });
    }
  });
});

/** Everything that lies in a folder of states. */
const workspaceState = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".json"))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
