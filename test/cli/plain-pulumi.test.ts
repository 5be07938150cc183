import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, expect, test } from "vitest";
import { findPulumi } from "../../cli/workspace.ts";
import { projectRoot } from "../../stacks/program.ts";
import { missingForPulumi } from "../engine/requirements.ts";

const missing = await missingForPulumi();
const name = `test-plain-${process.pid}`;
const home = mkdtempSync(join(tmpdir(), "beat-test-"));
const file = join(projectRoot, `Pulumi.${name}.yaml`);
const env = { PULUMI_BACKEND_URL: `file://${home}`, PULUMI_CONFIG_PASSPHRASE: "test" };

afterAll(() => {
  rmSync(home, { recursive: true });
  rmSync(file, { force: true });
});

test("Pulumi takes the program for its own, other packages the registry", () => {
  const { exports } = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as {
    exports: { ".": Record<string, string> };
  };
  // Source: Pulumi's Node.js language host: `default || require || import` of "."; Node takes the first that fits.
  expect(exports["."].default).toBe("./stacks/main.mjs");
  expect(Object.keys(exports["."])).toEqual(["types", "import", "require", "default"]);
});

// What the program refuses, nothing else does; no plugin is needed to see that.
test("a plain pulumi preview runs the program", { timeout: 120_000 }, async ({ skip }) => {
  if (missing !== undefined) skip(missing);
  const { command } = await findPulumi(false);
  const pulumi = (...args: string[]) =>
    execa(command, [...args, "--stack", name, "--non-interactive"], {
      cwd: projectRoot,
      reject: false,
      all: true,
      env,
    });
  await pulumi("stack", "init");
  writeFileSync(file, "config:\n  platform:source: sample\n  platform:bind: everywhere\n");
  const { all, exitCode } = await pulumi("preview", "--color", "never");
  expect(all).toContain("platform:bind: must be an IP address");
  expect(exitCode).not.toBe(0);
});

/** A state in which the provisioner of Kafka was given more partitions than the definition has. */
const provisioner = (initErrors?: readonly string[]) => {
  const urn = (type: string, of: string) => `urn:pulumi:${name}::beat-ecoprove::${type}::${of}`;
  const id = "3d0d4a5e-0000-4000-8000-000000000001";
  const [provider, container] = ["pulumi:providers:docker", "docker:index/container:Container"];
  const plan = JSON.stringify({ kind: "kafka", topics: [{ name: "auth_events", partitions: 99 }] });
  return [
    { urn: urn("pulumi:pulumi:Stack", `beat-ecoprove-${name}`), type: "pulumi:pulumi:Stack", custom: false },
    { urn: urn(provider, "default"), type: provider, custom: true, id, inputs: {}, outputs: {} },
    {
      urn: urn(container, "provision-kafka"),
      type: container,
      custom: true,
      id: "abc",
      provider: `${urn(provider, "default")}::${id}`,
      inputs: {},
      outputs: { uploads: [{ file: "/run/plan.json", content: plan }] },
      ...(initErrors && { initErrors }),
    },
  ];
};

test("after a first up that failed plain Pulumi judges by what was carried out, as ./beat does", {
  timeout: 120_000,
}, async ({ skip }) => {
  if (missing !== undefined) skip(missing);
  const { command } = await findPulumi(false);
  const pulumi = (args: readonly string[], input = "") =>
    execa(command, [...args, "--stack", name, "--non-interactive"], {
      cwd: projectRoot,
      reject: false,
      all: true,
      input,
      env,
    });
  // Something else that is refused, too, so that no plugin is needed: a secret that nobody gave.
  writeFileSync(file, "config:\n  platform:source: sample\n  platform:generateSecrets: false\n");
  const { stdout } = await pulumi(["stack", "export"]);
  const told = async (initErrors?: readonly string[]) => {
    const state = JSON.parse(stdout) as { deployment: object };
    const resources = provisioner(initErrors);
    await pulumi(
      ["stack", "import", "--force"],
      JSON.stringify({ ...state, deployment: { ...state.deployment, resources } }),
    );
    return (await pulumi(["preview", "--color", "never"])).all;
  };
  const fewer = "topics.auth_events.partitions: 1, and the topic has 99";
  expect(await told()).toContain(fewer);
  const failed = await told(["the container is unhealthy"]);
  expect(failed).toContain("postgres-admin");
  expect(failed).not.toContain(fewer);
});
