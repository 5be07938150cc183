import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { imageReference } from "../../config/catalogue.ts";
import { projectRoot } from "../../stacks/program.ts";
import { missingForEngine } from "./requirements.ts";

const image = imageReference("redis", { overrides: {} });
const missing = await missingForEngine([image]);
const home = mkdtempSync(join(tmpdir(), "beat-test-"));
const prefix = `beat-volume-life-${process.pid}`;

/** What a run of the program below is given. */
interface Run {
  /** The volumes that parts ask for, by part. */
  readonly parts: Readonly<Record<string, readonly string[]>>;
  /** As earlier versions did: protected, and nothing known of the state. */
  readonly earlier?: boolean;
}

/** A program of its own, which plain `pulumi up` runs: volumes alone. */
const program = `
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { DataVolumes } from "${projectRoot}/infra/docker/deploy/volumes.ts";
import { ownState } from "${projectRoot}/infra/graph/own-state.ts";
const { parts, earlier } = JSON.parse(process.env.RUN);
const component = (type, name, parent) => new pulumi.ComponentResource(type, name, {}, { parent });
const platform = component("beat:docker:Platform", "platform");
const volumes = new DataVolumes("${prefix}", await ownState());
for (const [part, names] of Object.entries(parts)) {
  const parent = component("beat:docker:" + part, part, platform);
  for (const name of names)
    if (earlier)
      new docker.Volume(
        name,
        { name: "${prefix}-" + name, labels: [{ label: "org.beat-ecoprove." + (name === "backups" ? "kept" : "stack"), value: "${prefix}" }] },
        { parent, protect: true },
      );
    else volumes.of({ name, path: "/data", kept: name === "backups" }, parent);
}
if (!earlier) volumes.letGoOfOthers(platform);
`;

const pulumi = (args: readonly string[], run: Run = { parts: {} }) =>
  execa("pulumi", [...args, "--non-interactive"], {
    cwd: home,
    reject: false,
    all: true,
    env: {
      PULUMI_BACKEND_URL: `file://${home}/state`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      RUN: JSON.stringify(run),
    },
  });

/** Plain `pulumi up`. @returns its report. */
async function up(run: Run): Promise<string> {
  const { exitCode, all } = await pulumi(["up", "--yes", "--skip-preview", "--stack", "life"], run);
  expect(exitCode, all).toBe(0);
  return all;
}

/** The volumes of the state, and whether each is protected. */
async function known(): Promise<Record<string, boolean>> {
  const { stdout } = await pulumi(["stack", "export", "--stack", "life"]);
  const { deployment } = JSON.parse(stdout) as {
    deployment: { resources: { type: string; urn: string; protect?: boolean }[] };
  };
  return Object.fromEntries(
    deployment.resources
      .filter(({ type }) => type === "docker:index/volume:Volume")
      .map(({ urn, protect = false }) => [urn.split("::").pop() as string, protect]),
  );
}

/** Runs a line of shell in a volume. */
async function inside(volume: string, line: string): Promise<string> {
  const mount = ["-v", `${prefix}-${volume}:/data`, "--entrypoint", "sh"];
  return (await execa("docker", ["run", "--rm", ...mount, image, "-c", line])).stdout;
}

describe("a volume's life under plain pulumi up", { timeout: 240_000 }, () => {
  const cases = (what: string, body: () => Promise<void>) =>
    test(what, async ({ skip }) => {
      if (missing !== undefined) skip(missing);
      await body();
    });

  beforeAll(async () => {
    if (missing !== undefined) return;
    writeFileSync(
      join(home, "Pulumi.yaml"),
      "name: volume-life\nruntime: { name: nodejs, options: { typescript: false, packagemanager: npm } }\nmain: main.mjs\n",
    );
    writeFileSync(join(home, "package.json"), '{ "type": "module" }');
    writeFileSync(join(home, "main.mjs"), program);
    symlinkSync(join(projectRoot, "node_modules"), join(home, "node_modules"));
    await execa("mkdir", ["-p", join(home, "state")]);
    await pulumi(["stack", "init", "life"]);
    await up({ parts: { Stores: ["redis-data"], Services: ["notes"], Backups: ["backups"] }, earlier: true });
    await inside("notes", "echo written > /data/note");
  }, 120_000);

  afterAll(async () => {
    for (const volume of ["redis-data", "notes", "backups", "elsewhere"])
      await execa("docker", ["volume", "rm", "-f", `${prefix}-${volume}`], { reject: false });
    rmSync(home, { recursive: true });
  }, 60_000);

  cases("it may go from one part to another, and is the same", async () => {
    const report = await up({ parts: { Stores: ["redis-data"], Others: ["notes"], Backups: ["backups"] } });
    expect(report).not.toMatch(/docker:index:Volume .*(creat|replac|delet)/);
    expect(await known()).toEqual({ "redis-data": true, notes: true, backups: true });
    expect(await inside("notes", "cat /data/note")).toBe("written");
  });

  cases(
    "one that no part uses leaves the state in two runs and stays on the engine, and both say so",
    async () => {
      const rest = { parts: { Stores: ["redis-data"] } };
      const words = `volume notes: no part of the platform uses it; it stays on the engine with its data`;
      const first = await up(rest);
      expect(first).toContain(words);
      expect(first).toContain(`to delete it, after the next up: docker volume rm ${prefix}-notes`);
      expect(await known()).toEqual({ "redis-data": true, notes: false, backups: false });
      const second = await up(rest);
      expect(second).toContain(`to delete it: docker volume rm ${prefix}-notes`);
      expect(await known()).toEqual({ "redis-data": true });
      expect(await up(rest)).not.toMatch(/created|updated|deleted|warning/);
      expect(await inside("notes", "cat /data/note")).toBe("written");
    },
  );

  cases("a part that uses it again finds it as it was, protected", async () => {
    await up({ parts: { Stores: ["redis-data"], Services: ["notes"] } });
    expect(await known()).toEqual({ "redis-data": true, notes: true });
    expect(await inside("notes", "cat /data/note")).toBe("written");
  });

  cases("also where it was let go of just now", async () => {
    await up({ parts: { Stores: ["redis-data"] } });
    await up({ parts: { Stores: ["redis-data"], Services: ["notes"] } });
    expect(await known()).toEqual({ "redis-data": true, notes: true });
    expect(await inside("notes", "cat /data/note")).toBe("written");
  });

  cases("one that an operator has made first, on another disk, stays as it was made", async () => {
    const options = ["-o", "type=none", "-o", "o=bind", "-o", `device=${mkdtempSync(join(home, "disk-"))}`];
    await execa("docker", ["volume", "create", ...options, `${prefix}-elsewhere`]);
    const parts = { parts: { Stores: ["redis-data"], Services: ["notes", "elsewhere"] } };
    await up(parts);
    await inside("elsewhere", "echo written > /data/note");
    await pulumi(["refresh", "--yes", "--stack", "life"], parts);
    expect(await up(parts)).not.toMatch(/created|updated|replaced|deleted|warning/);
    expect(await inside("elsewhere", "cat /data/note")).toBe("written");
  });
});
