import { z } from "zod";
import { namespace } from "./problems.ts";
import { onlyFor, settingsSchema } from "./schema.ts";

/** As `pulumi config set --secret` writes a value. Source: Pulumi, "Secrets". */
const encrypted = {
  type: "object",
  properties: { secure: { type: "string" } },
  required: ["secure"],
  additionalProperties: false,
};
const maybeEncrypted = (schema: object): object => ({ anyOf: [schema, encrypted] });

const never = (keys: readonly string[]): object => ({
  properties: Object.fromEntries(keys.map((key) => [`${namespace}${key}`, false])),
});

/**
 * The JSON Schema of `Pulumi.<stack>.yaml` (draft 7): editors complete and check a stack's settings by it, and so can
 * whatever reads them before Pulumi does. `parseSettings` has the last word: some rules cannot be told in it.
 */
export function stackSchema(): object {
  const { properties = {} } = z.toJSONSchema(settingsSchema, {
    io: "input",
    unrepresentable: "any",
    target: "draft-7",
  });
  const settings = Object.fromEntries(
    Object.entries(properties).map(([key, schema]) => [`${namespace}${key}`, schema]),
  ) as Record<string, object>;
  settings[`${namespace}secrets`] = {
    ...settings[`${namespace}secrets`],
    additionalProperties: maybeEncrypted({ type: "string" }),
  };
  settings[`${namespace}signingKey`] = maybeEncrypted(settings[`${namespace}signingKey`] ?? {});
  const target = `${namespace}target`;
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
        then: never(onlyFor.docker),
        else: never(onlyFor.kubernetes),
      },
    },
  };
}
