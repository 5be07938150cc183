import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { publicKeyName, signingKeyName } from "../../core/names.ts";
import { revisionVariable, secretVariable } from "../../infra/compose/interpolation.ts";
import { composeOf, composeText, firstSteps, writeCompose } from "./compose.ts";
import { yamlText } from "./yaml-text.ts";

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

  test("says what must be built before it comes up, and only then", async () => {
    const services = { "core-service": { source: { path: "../core" } } };
    const project = await composeOf("dev", { ...config, "platform:services": JSON.stringify(services) });
    const out = join(folder, "built");
    await writeCompose(out, project, source, false);
    const head =
      /^# Rendered by .*\n# First \.\/beat images build --stack dev, .*no registry has \S*core-service:path\.\nname: /;
    expect(readFileSync(join(out, "compose.yaml"), "utf8")).toMatch(head);
    expect(firstSteps(project)).toEqual([expect.stringContaining("./beat images build --stack dev")]);
    expect(firstSteps(await composeOf("dev", config))).toEqual([]);
  });

  test("leaves the volume of backups to nobody who takes the project down, and says how it is made", async () => {
    const project = await composeOf("prod-docker", { ...config, "platform:backups": "{}" });
    const { volumes } = project.file as { volumes: Record<string, object> };
    const name = "beat-ecoprove-prod-docker-backups";
    expect(volumes.backups).toEqual({ name, external: true });
    expect(volumes["postgres-data"]).toEqual({ name: "beat-ecoprove-prod-docker-postgres-data" });
    expect(firstSteps(project)).toEqual([expect.stringContaining(`docker volume create ${name}`)]);
    expect(composeText(project)).toMatch(/^# First docker volume create /);
  });

  test("tells by labels that a secret is another one, and nothing of what it is", async () => {
    const project = await composeOf("dev", config);
    const out = mkdtempSync(join(folder, "revisions-"));
    const write = async (secret: string) => {
      const given = { config: { "platform:secrets": JSON.stringify({ "mongo-admin": secret }) } };
      await writeCompose(out, project, { ...source, ...given }, true);
      const text = readFileSync(join(out, "secrets.env"), "utf8");
      return (name: string) => new RegExp(`^${revisionVariable(name)}="(.*)"$`, "m").exec(text)?.[1];
    };
    await writeCompose(out, project, source, false);
    const digest = createHash("sha256").update("GivenSecret1").digest("hex");
    writeFileSync(
      join(out, "secrets.env"),
      `${secretVariable("mongo-admin")}="GivenSecret1"\n${revisionVariable("mongo-admin")}="${digest.slice(0, 10)}"\n`,
    );
    const first = await write("GivenSecret1");
    expect(first("mongo-admin")).toMatch(/^[0-9a-f]{12}$/);
    expect(digest).not.toContain(first("mongo-admin"));
    expect((await write("GivenSecret1"))("mongo-admin")).toBe(first("mongo-admin"));
    const other = await write("AnotherSecret1");
    expect(other("mongo-admin")).not.toBe(first("mongo-admin"));
    expect(other("postgres-admin")).toBe(first("postgres-admin"));
    // A project that never saw the other one has a revision of its own: it does not follow from the value.
    rmSync(join(out, "secrets.env"));
    expect((await write("GivenSecret1"))("mongo-admin")).not.toBe(first("mongo-admin"));
  });

  test("of a stack on a cluster is refused, with one to name instead", async () => {
    await expect(composeOf("prod", { "platform:target": "kubernetes" })).rejects.toThrow(
      /platform:target: Compose runs on a container engine[\s\S]*render --stack dev --format compose/,
    );
  });
});

describe("a folder to render into", () => {
  const project = async () => composeOf("dev", config);
  const fresh = () => mkdtempSync(join(folder, "out-"));

  test("that has somebody else's files is left alone", async () => {
    for (const name of [".env", "compose.yaml", "notes.txt"]) {
      const out = fresh();
      writeFileSync(join(out, name), "mine");
      await expect(writeCompose(out, await project(), source, true)).rejects.toThrow(
        /files that are not of \.\/beat render/,
      );
      expect(readFileSync(join(out, name), "utf8")).toBe("mine");
    }
    const file = join(fresh(), "file");
    writeFileSync(file, "");
    await expect(writeCompose(file, await project(), source, false)).rejects.toThrow(/is no folder/);
  });

  test("keeps what people changed in .env, and follows the settings where they did not", async () => {
    const out = fresh();
    await writeCompose(out, await project(), source, false);
    const moved = await composeOf("dev", { ...config, "platform:ports": '{"gateway":9100}' });
    await writeCompose(out, moved, source, false);
    const text = readFileSync(join(out, ".env"), "utf8");
    expect(text).toContain('PORT_GATEWAY_HTTP="9100"');
    writeFileSync(join(out, ".env"), text.replace('"9100"', '"9999"'));
    for (let times = 0; times < 2; times++) await writeCompose(out, await project(), source, false);
    expect(readFileSync(join(out, ".env"), "utf8")).toContain('PORT_GATEWAY_HTTP="9999"');
  });

  test("has its secrets for its owner alone, also where they lay open before", async () => {
    const out = fresh();
    await writeCompose(out, await project(), source, false);
    writeFileSync(join(out, "secrets.env"), "", { mode: 0o644 });
    const { made } = await writeCompose(out, await project(), source, true);
    expect(statSync(join(out, "secrets.env")).mode & 0o777).toBe(0o600);
    expect(made).toEqual([signingKeyName]);
  });
});

test.each([
  "yes",
  "1_000",
  "0b11",
  "2024-01-01",
  "null",
  "~",
  "a: b",
  "x\u2028y",
  "\u0085",
  "two\nlines",
  "<<",
  "on",
  "",
])("the text %j is the same for readers of YAML 1.1 and 1.2", (text) => {
  const written = yamlText({ value: text, list: [text] });
  for (const version of ["1.1", "1.2"] as const)
    expect(parse(written, { version })).toEqual({ value: text, list: [text] });
  expect(written).toMatch(/^[\n\x20-\x7e]*$/);
});

test("what is given comes before what the state keeps, as it does for up", async () => {
  const out = mkdtempSync(join(folder, "order-"));
  const both = {
    ...source,
    config: { "platform:secrets": JSON.stringify({ "postgres-admin": "GivenSecret2" }) },
  };
  await writeCompose(out, await composeOf("dev", config), both, true);
  expect(readFileSync(join(out, "secrets.env"), "utf8")).toContain('SECRET_POSTGRES_ADMIN="GivenSecret2"');
});

test("its containers and volumes are called as Pulumi calls them: the two cannot write the same data side by side", async () => {
  const { file } = await composeOf("dev", config);
  const { services, volumes } = file as {
    services: Record<string, { container_name: string }>;
    volumes: Record<string, { name: string }>;
  };
  for (const [name, { container_name }] of Object.entries(services))
    expect(container_name).toBe(`beat-ecoprove-dev-${name}`);
  expect(volumes["postgres-data"]).toEqual({ name: "beat-ecoprove-dev-postgres-data" });
});
