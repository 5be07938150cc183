import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import {
  comparable,
  fileOf,
  type KubernetesObject,
  rendered,
  withheld,
  withStableNames,
} from "../../cli/render/objects.ts";
import { configInFile } from "../../cli/render/sources.ts";
import { writeObjects, yamlOf } from "../../cli/render/yaml.ts";
import { requiredSecrets } from "../../config/environment.ts";
import { parseSettings } from "../../config/settings/parse.ts";
import { makePrivateKey } from "../../infra/secrets/values.ts";
import { loadDefinition, program } from "../../stacks/program.ts";
import { register } from "./mocks.ts";

const key = await makePrivateKey();
const base = { ...configInFile("prod"), "platform:generateSecrets": "true", "platform:signingKey": key };
const settings = parseSettings(base);
const platform = await loadDefinition(settings.definition);
const kept = new Map(
  requiredSecrets(platform, settings).map((name) => [name, `Kept${name.replaceAll("-", "")}0123456789`]),
);
const render = (showSecrets: boolean) => rendered({ stack: "prod", config: base, kept, showSecrets });

const hidden = await render(false);
const shown = await render(true);
const graph = (await register("prod", base, program, { kept })).filter(({ type }) =>
  type.startsWith("kubernetes:"),
);
const names = (objects: readonly KubernetesObject[]) => objects.map(fileOf);

test("every object of the graph is rendered, and nothing else", () => {
  const expected = graph.map(({ inputs }) => fileOf(inputs as unknown as KubernetesObject)).sort();
  expect(names(hidden)).toEqual(expected);
  expect(new Set(expected).size).toBe(expected.length);
  expect(expected).toContain("statefulset-postgres.yaml");
  // The namespace that tells the cluster is only read.
  expect(expected).not.toContain("namespace-kube-system.yaml");
});

test("without secret values it has the same names, and none of the values", () => {
  expect(names(hidden)).toEqual(names(shown));
  const values = shown
    .filter(({ kind }) => kind === "Secret")
    .flatMap(({ stringData }) => Object.values(stringData as Record<string, string>));
  expect(values.length).toBeGreaterThan(8);
  expect(values).toContain(kept.get("postgres-admin"));
  const text = hidden.map(yamlOf).join("---\n");
  for (const value of [...values, ...kept.values()])
    expect(text).not.toContain(value.split("\n")[1] ?? value);
  const told = hidden
    .filter(({ kind }) => kind === "Secret")
    .flatMap(({ stringData }) => Object.values(stringData as Record<string, string>));
  expect(told.length).toBe(values.length);
  expect(new Set(told)).toEqual(new Set([withheld]));
  const others = shown.filter(({ kind }) => kind !== "Secret").map(yamlOf);
  expect(others).toEqual(hidden.filter(({ kind }) => kind !== "Secret").map(yamlOf));
});

test("the files hold the objects, Secrets for their owner alone, and those of an earlier run go", () => {
  const folder = mkdtempSync(join(tmpdir(), "beat-render-"));
  try {
    writeObjects(folder, [{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "earlier" } }, ...shown]);
    writeFileSync(join(folder, "mine.yaml"), "a: 1\n");
    writeObjects(folder, shown);
    const files = readdirSync(folder).filter((name) => name !== "mine.yaml");
    expect(files.sort()).toEqual(names(shown).sort());
    expect(readdirSync(folder)).toContain("mine.yaml");
    for (const object of shown) {
      const file = join(folder, fileOf(object));
      expect(parse(readFileSync(file, "utf8"))).toEqual(JSON.parse(JSON.stringify(object)));
      expect(statSync(file).mode & 0o077).toBe(object.kind === "Secret" ? 0 : 0o044);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a Secret is compared by what is stored", () => {
  const metadata = { name: "a" };
  const given = { apiVersion: "v1", kind: "Secret", metadata, stringData: { password: "p" } };
  const stored = { apiVersion: "v1", kind: "Secret", metadata, data: { password: "cA==" } };
  expect(comparable(given)).toEqual(comparable(stored));
  expect(comparable({ ...given, stringData: { password: "q" } })).not.toEqual(comparable(stored));
});

test("ends of names that are drawn by chance are taken off wherever the names are used", () => {
  const named = (name: string) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, annotations: { "pulumi.com/autonamed": "true" } },
  });
  const user = (name: string) => ({ apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, uses: [name] });
  const [one, other] = ["keys-0123abcd", "keys-ffff0000"].map((name) =>
    withStableNames([named(name), user(name)]),
  );
  expect(one).toEqual(other);
  expect(JSON.stringify(one)).toContain('"uses":["keys-*"]');
});
