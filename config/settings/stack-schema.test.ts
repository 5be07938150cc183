import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { stackSchema } from "./stack-schema.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const validate = new Ajv({ strict: false, allErrors: true }).compile(stackSchema());
const problemsOf = (config: Record<string, unknown>): string[] => {
  validate({ config });
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
};
const stacks = readdirSync(root).filter((name) => /^Pulumi\.(?!test-)[\w-]+\.yaml$/.test(name));

describe("the schema of a stack's settings", () => {
  test.each(stacks)("takes %s, which names it", (name) => {
    const text = readFileSync(`${root}/${name}`, "utf8");
    expect(problemsOf((parse(text) as { config: Record<string, unknown> }).config)).toEqual([]);
    expect(text.split("\n")[0]).toBe("# yaml-language-server: $schema=config/stack.schema.json");
  });

  test.each([
    ["an unknown key", { "platform:tarket": "docker" }],
    ["a wrong value", { "platform:target": "nomad" }],
    [
      "an unknown key further down",
      { "platform:target": "kubernetes", "platform:kubernetes": { gatway: {} } },
    ],
    ["a setting of the other target", { "platform:kubernetes": {} }],
    ["and the other way round", { "platform:target": "kubernetes", "platform:ports": {} }],
    [
      "a size without a unit",
      { "platform:target": "kubernetes", "platform:kubernetes": { uploads: { size: "10" } } },
    ],
  ])("refuses %s", (_what, config) => expect(problemsOf(config)).not.toEqual([]));

  test("takes encrypted secrets and the settings of other programs", () => {
    const secure = { secure: "v1:abc:def" };
    expect(
      problemsOf({
        "platform:secrets": { "postgres-admin": secure, "mongo-admin": "abcdefgh1" },
        "platform:signingKey": secure,
        "docker:host": "unix:///x",
      }),
    ).toEqual([]);
  });

  test("says of every setting what it is", () => {
    const silent: string[] = [];
    const look = (path: string, schema: Record<string, unknown>, said: boolean): void => {
      const described = said || typeof schema.description === "string";
      const forms = (schema.anyOf ?? schema.oneOf) as Record<string, unknown>[] | undefined;
      for (const form of forms ?? []) look(path, form, described);
      const children = Object.entries((schema.properties ?? {}) as Record<string, Record<string, unknown>>);
      for (const [key, child] of children)
        if (child.const === undefined && key !== "secure") look(`${path}.${key}`, child, false);
      if (children.length === 0 && forms === undefined && !described) silent.push(path);
    };
    const { config } = (stackSchema() as { properties: { config: Record<string, unknown> } }).properties;
    look("", { properties: config.properties }, false);
    expect(silent).toEqual([]);
  });
});
