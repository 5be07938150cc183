import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectRoot } from "../../stacks/program.ts";
import { missingForPulumi } from "../engine/requirements.ts";

const missing = await missingForPulumi();
const home = mkdtempSync(join(tmpdir(), "beat-test-"));

/** What a run of the program below is given. */
interface Run {
  readonly names: readonly string[];
  readonly given?: Readonly<Record<string, string>>;
  readonly former?: Readonly<Record<string, readonly string[]>>;
  /** As earlier versions did: every generated secret protected, and nothing known of the state. */
  readonly earlier?: boolean;
}

/** A program of its own, which plain `pulumi up` runs: the secrets, and what their users would get. */
const program = `
import * as pulumi from "@pulumi/pulumi";
import { Secrets } from "${projectRoot}/infra/secrets/component.ts";
import { ownState } from "${projectRoot}/infra/graph/own-state.ts";
import { parseSettings } from "${projectRoot}/config/settings/parse.ts";
const { names, given = {}, former, earlier } = JSON.parse(process.env.RUN);
const settings = parseSettings({ "platform:secrets": JSON.stringify(given) });
const values = {};
if (earlier) {
  const parent = new (class extends pulumi.ComponentResource {})("beat:docker:Secrets", "secrets");
  const options = { parent, protect: true, ignoreChanges: ["input"], additionalSecretOutputs: ["output", "input"] };
  for (const name of names)
    values[name] = new pulumi.Stash(name, { input: pulumi.secret("Earlier" + name.length) }, options).output;
} else {
  const secrets = new Secrets("secrets", { names, former, settings, state: await ownState() });
  for (const name of names) values[name] = secrets.get(name);
}
export default values;
`;

const pulumi = (args: readonly string[], run: Run = { names: [] }) =>
  execa("pulumi", [...args, "--non-interactive"], {
    cwd: home,
    reject: false,
    env: {
      PULUMI_BACKEND_URL: `file://${home}/state`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      RUN: JSON.stringify(run),
    },
  });

/** Plain `pulumi up`. @returns its report, and what each secret was. */
async function up(run: Run): Promise<{ report: string; values: Readonly<Record<string, string>> }> {
  const { exitCode, stdout, stderr } = await pulumi(
    ["up", "--yes", "--skip-preview", "--stack", "life"],
    run,
  );
  expect(exitCode, `${stdout}${stderr}`).toBe(0);
  const outputs = await pulumi(["stack", "output", "--json", "--show-secrets", "--stack", "life"]);
  return { report: stdout, values: JSON.parse(outputs.stdout) as Record<string, string> };
}

/** The kept secrets by name, and whether each is protected. */
async function kept(): Promise<Record<string, boolean>> {
  const { stdout } = await pulumi(["stack", "export", "--stack", "life"]);
  const { deployment } = JSON.parse(stdout) as {
    deployment: { resources: { type: string; urn: string; protect?: boolean }[] };
  };
  return Object.fromEntries(
    deployment.resources
      .filter(({ type }) => type === "pulumi:index:Stash")
      .map(({ urn, protect = false }) => [urn.split("::").pop() as string, protect]),
  );
}

describe("a generated secret's life under plain pulumi up", { timeout: 180_000 }, () => {
  const cases = (what: string, body: () => Promise<void>) =>
    test(what, async ({ skip }) => {
      if (missing !== undefined) skip(missing);
      await body();
    });
  const names = ["postgres-admin", "postgres-core-service", "postgres-auth-service"];
  let made: Readonly<Record<string, string>> = {};

  beforeAll(async () => {
    if (missing !== undefined) return;
    writeFileSync(join(home, "main.mjs"), program);
    writeFileSync(join(home, "package.json"), '{ "type": "module", "main": "main.mjs" }');
    writeFileSync(
      join(home, "Pulumi.yaml"),
      "name: life\nruntime: { name: nodejs, options: { typescript: false } }\n",
    );
    symlinkSync(join(projectRoot, "node_modules"), join(home, "node_modules"));
    await execa("mkdir", [join(home, "state")]);
    await pulumi(["stack", "init", "life"]);
  });
  afterAll(() => rmSync(home, { recursive: true }));

  cases("what an earlier version made is kept, protected", async () => {
    made = (await up({ names, earlier: true })).values;
    const { values, report } = await up({ names });
    expect(values).toEqual(made);
    expect(report).not.toContain("warning");
    expect(await kept()).toEqual({
      "postgres-admin": true,
      "postgres-core-service": true,
      "postgres-auth-service": true,
      "signing-key": true,
    });
  });

  cases(
    "that of a removed service is let go of, comes back with the service, and is dropped at last",
    async () => {
      const rest = names.slice(0, 2);
      const first = await up({ names: rest });
      expect(first.report).toMatch(
        /secret postgres-auth-service: no part .* needs it any more; .* the next up/,
      );
      expect(await kept()).toMatchObject({ "postgres-auth-service": false, "postgres-core-service": true });
      expect((await up({ names })).values).toEqual(made);
      expect(await kept()).toMatchObject({ "postgres-auth-service": true });
      await up({ names: rest });
      const last = await up({ names: rest });
      expect(last.report).toMatch(/secret postgres-auth-service: .*it is dropped from the state/);
      expect(Object.keys(await kept())).not.toContain("postgres-auth-service");
      const nothing = await up({ names: rest });
      expect(nothing.report).not.toMatch(/warning|delete|update[ds] *$/);
    },
  );

  cases("one that is handed over to the configuration leaves the state", async () => {
    const rest = names.slice(0, 2);
    const given = { "postgres-core-service": "Handed0ver" };
    const { report, values } = await up({ names: rest, given });
    expect(values["postgres-core-service"]).toBe("Handed0ver");
    expect(report).toMatch(/secret postgres-core-service: the configuration has it now/);
    expect(report).not.toContain(made["postgres-core-service"] ?? "");
    await up({ names: rest, given });
    expect(Object.keys(await kept())).toEqual(expect.not.arrayContaining(["postgres-core-service"]));
  });

  cases(
    "an administrator's is held while its volumes may be there, and let go of when it was only moved",
    async () => {
      const other = await up({ names: ["postgres-admin"], given: { "postgres-admin": "An0therOne" } });
      expect(other.report).toMatch(
        /secret postgres-admin: the configuration has another value; .*secrets forget postgres-admin --stack life/,
      );
      const gone = await up({ names: [] });
      expect(gone.report).toMatch(/secret postgres-admin: no part .* volumes/);
      expect(await kept()).toMatchObject({ "postgres-admin": true });
      const given = { "postgres-admin": made["postgres-admin"] ?? "" };
      await up({ names: ["postgres-admin"], given });
      await up({ names: ["postgres-admin"], given });
      expect(Object.keys(await kept())).toEqual(["signing-key"]);
    },
  );

  cases(
    "one that a service asked for itself is held when the service goes, and goes along when it is renamed",
    async () => {
      const own = ["notes-service-key"];
      const value = (await up({ names: own })).values["notes-service-key"];
      for (const _ of [1, 2]) {
        const gone = await up({ names: [] });
        expect(gone.report).toMatch(/secret notes-service-key: no part .* encrypted .*secrets forget/);
      }
      const { values, report } = await up({
        names: ["memos-service-key"],
        former: { "memos-service-key": ["notes-service-key"] },
      });
      expect(values["memos-service-key"]).toBe(value);
      expect(report).not.toContain("warning");
      expect(await kept()).toEqual({ "memos-service-key": true, "signing-key": true });
      expect((await up({ names: ["memos-service-key"] })).values["memos-service-key"]).toBe(value);
    },
  );

  cases("also where a run without the former name has made another one meanwhile", async () => {
    const value = (await up({ names: ["memos-service-key"] })).values["memos-service-key"];
    await up({ names: ["texts-service-key"] });
    const renamed = {
      names: ["texts-service-key"],
      former: { "texts-service-key": ["memos-service-key"] },
    };
    for (const _ of [1, 2, 3]) expect((await up(renamed)).values["texts-service-key"]).toBe(value);
    expect(await kept()).toEqual({ "texts-service-key": true, "signing-key": true });
    expect((await up(renamed)).report).not.toMatch(/warning|delete|update[ds] *$/);
  });
});
