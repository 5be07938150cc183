import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { LocalWorkspace, type PulumiFn } from "@pulumi/pulumi/automation/index.js";
import { afterAll, expect, test } from "vitest";
import { whole } from "../../cli/whole-program.ts";
import { findPulumi } from "../../cli/workspace.ts";
import { missingForPulumi } from "../engine/requirements.ts";

const missing = await missingForPulumi();
const home = mkdtempSync(join(tmpdir(), "beat-test-"));

afterAll(() => rmSync(home, { recursive: true }));

/** A resource that takes a value which is made while the program goes on, as a bundle is, and one that needs it. */
const program =
  (value: () => Promise<string>): PulumiFn =>
  async () => {
    const image = new pulumi.Stash("image", { input: value() });
    new pulumi.Stash("container", { input: image.output });
    return { urls: [] };
  };

async function stackOf(name: string, body: PulumiFn) {
  return LocalWorkspace.createOrSelectStack(
    { stackName: name, projectName: "whole", program: whole(body) },
    {
      pulumiCommand: await findPulumi(false),
      envVars: { PULUMI_BACKEND_URL: `file://${home}`, PULUMI_CONFIG_PASSPHRASE: "test" },
    },
  );
}

test("where a value fails that is made meanwhile, nothing of what runs is deleted", {
  timeout: 60_000,
}, async ({ skip }) => {
  if (missing !== undefined) skip(missing);
  const made = await stackOf(
    "dev",
    program(async () => "made"),
  );
  await made.up();
  const names = async () => {
    const { deployment } = await made.exportStack();
    return (deployment.resources as { urn: string; type: string }[])
      .filter(({ type }) => type === "pulumi:index:Stash")
      .map(({ urn }) => urn.split("::").pop());
  };
  expect(await names()).toEqual(["image", "container"]);

  const failing = await stackOf(
    "dev",
    program(async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      throw new Error("no bundle");
    }),
  );
  const output: string[] = [];
  await expect(failing.up({ onOutput: (text) => output.push(text) })).rejects.toThrow();
  expect(output.join("")).toContain("no bundle");
  expect(await names()).toEqual(["image", "container"]);

  // A later run is none of its business.
  const { summary } = await made.up();
  expect(summary.resourceChanges).toEqual({ same: 3 });
});
