import { z } from "zod";
import { namespace } from "./problems.ts";
import { type Settings, settingsSchemas } from "./schema.ts";

/** As `pulumi config set --secret` writes a value. Source: Pulumi, "Secrets". */
const encrypted = {
  type: "object",
  properties: { secure: { type: "string" } },
  required: ["secure"],
  additionalProperties: false,
};
const maybeEncrypted = (schema: object): object => ({ anyOf: [schema, encrypted] });

/** The settings of a target as JSON Schema, by their whole names. */
const settingsOf = (target: Settings["target"]): Record<string, object> =>
  Object.fromEntries(
    Object.entries(
      z.toJSONSchema(settingsSchemas[target], { io: "input", unrepresentable: "any", target: "draft-7" })
        .properties ?? {},
    ).map(([key, schema]) => [`${namespace}${key}`, schema as object]),
  );

/**
 * The JSON Schema of `Pulumi.<stack>.yaml` (draft 7): editors complete and check a stack's settings by it, and so can
 * whatever reads them before Pulumi does. `parseSettings` has the last word: some rules cannot be told in it.
 */
export function stackSchema(): object {
  const docker = settingsOf("docker");
  const kubernetes = settingsOf("kubernetes");
  const target = `${namespace}target`;
  const settings = { ...docker, ...kubernetes };
  settings[target] = { ...docker[target], const: undefined, enum: ["docker", "kubernetes"] };
  settings[`${namespace}secrets`] = {
    ...settings[`${namespace}secrets`],
    additionalProperties: maybeEncrypted({ type: "string" }),
  };
  settings[`${namespace}signingKey`] = maybeEncrypted(settings[`${namespace}signingKey`] ?? {});
  const never = (keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, false]));
  // What each target has its own form of.
  const different = Object.keys(docker).filter(
    (key) =>
      key in kubernetes && key !== target && JSON.stringify(docker[key]) !== JSON.stringify(kubernetes[key]),
  );
  for (const key of different) settings[key] = { anyOf: [kubernetes[key], docker[key]] };
  const formsOf = (all: Record<string, object>) =>
    Object.fromEntries(different.map((key) => [key, all[key] ?? {}]));
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Settings of a stack of the Beat EcoProve platform",
    type: "object",
    properties: {
      config: {
        type: "object",
        properties: settings,
        // Of Pulumi's providers and of other programs.
        patternProperties: { [`^(?!${namespace})`]: true },
        additionalProperties: false,
        if: { properties: { [target]: { const: "kubernetes" } }, required: [target] },
        // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema
        then: {
          properties: {
            ...never(Object.keys(docker).filter((key) => !(key in kubernetes))),
            ...formsOf(kubernetes),
          },
        },
        else: {
          properties: {
            ...never(Object.keys(kubernetes).filter((key) => !(key in docker))),
            ...formsOf(docker),
          },
        },
      },
    },
  };
}
