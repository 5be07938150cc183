import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { publicKeyName, signingKeyName } from "../../core/names.ts";
import { revisionVariable, secretVariable } from "../../infra/compose/interpolation.ts";
import { composeOf, composeText, writeCompose } from "./compose.ts";

const folder = mkdtempSync(join(tmpdir(), "compose-"));
afterAll(() => rmSync(folder, { recursive: true }));

const config = { "platform:source": "sample" };
const source = {
  config: { "platform:secrets": JSON.stringify({ "mongo-admin": "GivenSecret1" }) },
  kept: new Map([["postgres-admin", "KeptSecret1"]]),
  placeholders: [signingKeyName],
};
/** The variables of a file that was written. */
const variables = (name: string): Map<string, string> =>
  new Map(
    readFileSync(join(folder, name), "utf8")
      .split("\n")
      .filter((line) => /^[A-Z]/.test(line))
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );

describe("a Compose project", () => {
  test("without --show-secrets has no secret anywhere, and says that it lacks them", async () => {
    const written = await writeCompose(folder, await composeOf("dev", config), source, false);
    expect(written.withSecrets).toBe(false);
    for (const file of ["compose.yaml", ".env"])
      expect(readFileSync(join(folder, file), "utf8")).not.toMatch(/GivenSecret|KeptSecret|PRIVATE KEY/);
  });

  test("with it has what the stack has, makes what it lacks, and keeps that the next time", async () => {
    const project = await composeOf("dev", config);
    await writeCompose(folder, project, source, true);
    const first = variables("secrets.env");
    const named = [...first.keys()].filter((name) => name.startsWith("SECRET_"));
    expect(named.sort()).toEqual([...project.secrets.values()].sort());
    expect(first.get(secretVariable("postgres-admin"))).toBe('"KeptSecret1"');
    expect(first.get(secretVariable("mongo-admin"))).toBe('"GivenSecret1"');
    expect(first.get(secretVariable(signingKeyName))).toMatch(/^"-----BEGIN PRIVATE KEY-----\\n/);
    expect(first.get(secretVariable(publicKeyName))).toMatch(/^"-----BEGIN PUBLIC KEY-----\\n/);
    expect(statSync(join(folder, "secrets.env")).mode & 0o777).toBe(0o600);
    await writeCompose(folder, project, source, true);
    expect(variables("secrets.env")).toEqual(first);
  });

  test("names every variable that it uses, and nothing in it is left to Compose's own reading", async () => {
    const project = await composeOf("dev", { ...config, "platform:devTools": "true" });
    const secrets = [...project.secrets.keys()].flatMap((name) => [
      secretVariable(name),
      revisionVariable(name),
    ]);
    const known = new Set([...secrets, ...project.env.matchAll(/^[A-Z_]+/gm)].map(String));
    const used = [...composeText(project).matchAll(/(?<!\$)(?:\$\$)*\$\{([A-Z_]+)/g)].map(([, name]) => name);
    expect(used.length).toBeGreaterThan(10);
    for (const name of used) expect([...known]).toContain(name);
    // A dollar sign that is neither doubled nor a variable of ours would be read by Compose.
    expect(composeText(project)).not.toMatch(/(?<!\$)(?:\$\$)*\$(?![${])/);
  });

  test("of a stack on a cluster is refused, with one to name instead", async () => {
    await expect(composeOf("prod", { "platform:target": "kubernetes" })).rejects.toThrow(
      /platform:target: Compose runs on a container engine[\s\S]*render dev --format compose/,
    );
  });
});
