import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { pulumiVersion } from "../cli/workspace.ts";
import { projectRoot } from "../stacks/program.ts";

interface Job {
  readonly if?: string;
  readonly environment?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly concurrency?: { readonly group: string; readonly "cancel-in-progress": boolean };
  readonly "timeout-minutes"?: number;
  readonly steps: readonly { readonly uses?: string; readonly run?: string; readonly with?: object }[];
}
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const file = join(projectRoot, ".github/workflows/platform.yml");
const text = readFileSync(file, "utf8");
const workflow = parse(text) as Workflow;
const validate = (path: string) =>
  execa(process.execPath, [join(projectRoot, "node_modules/@action-validator/cli/cli.mjs"), path], {
    reject: false,
    all: true,
  });

describe("the GitHub workflow", () => {
  test("keeps to the schema of workflows", async () => {
    const { exitCode, all } = await validate(file);
    expect(all).toBe("");
    expect(exitCode).toBe(0);
  });

  test("and the validator would say if it did not", async () => {
    const { exitCode } = await validate(join(projectRoot, "package.json"));
    expect(exitCode).not.toBe(0);
  });

  test("has no more rights than it needs, a time limit and a concurrency group in each job", () => {
    expect(workflow.permissions).toEqual({ contents: "read" });
    const writing = Object.entries(workflow.jobs).flatMap(([name, { permissions = {} }]) =>
      Object.entries(permissions).flatMap(([scope, right]) => (right === "read" ? [] : [`${name} ${scope}`])),
    );
    expect(writing).toEqual(["preview pull-requests"]);
    for (const job of Object.values(workflow.jobs)) {
      expect(job["timeout-minutes"]).toBeGreaterThan(0);
      expect(job.concurrency?.group).toBeDefined();
    }
  });

  test("gives secrets to no code of a fork, and to no job without an environment", () => {
    // It would run a fork's code with the secrets of this repository.
    expect(workflow.on).not.toHaveProperty("pull_request_target");
    for (const [name, job] of Object.entries(workflow.jobs)) {
      if (!JSON.stringify(job).includes("secrets.")) continue;
      expect(job.environment, name).toMatch(/^production/);
      expect(job.if, name).toMatch(
        /head\.repo\.full_name == github\.repository|github\.ref == 'refs\/heads\/main'/,
      );
    }
  });

  test("applies main alone, behind the approval of its environment, one run at a time", () => {
    const { apply } = workflow.jobs;
    expect(apply?.if).toContain("github.ref == 'refs/heads/main'");
    expect(apply?.environment).toBe("production");
    expect(apply?.concurrency).toEqual({ group: "production", "cancel-in-progress": false });
  });

  test("previews and applies with the policy pack, and pins every action", () => {
    const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
    for (const { uses } of steps)
      if (uses !== undefined) expect(uses).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
    // A commit says nothing to a reader: the version stands beside it, and is the same wherever the action is used.
    const versions = [...text.matchAll(/uses: (\S+) # (v\d+\.\d+\.\d+)$/gm)].map(([, uses, version]) => [
      uses,
      version,
    ]);
    expect(versions).toHaveLength(steps.filter(({ uses }) => uses !== undefined).length);
    expect(new Set(versions.map(String)).size).toBe(
      new Set(versions.map(([uses]) => uses?.split("@")[0])).size,
    );
    const pulumi = steps.filter(({ uses }) => uses?.startsWith("pulumi/actions@"));
    expect(pulumi).toHaveLength(4);
    for (const step of pulumi) expect(step.with).toMatchObject({ "pulumi-version": pulumiVersion });
    const commands = steps.filter((step) => step.with !== undefined && "command" in step.with);
    expect(commands).toHaveLength(2);
    for (const step of commands) expect(step.with).toMatchObject({ policyPacks: "policies/pack" });
  });
});
