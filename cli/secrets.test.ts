import { expect, test } from "vitest";
import type { PlatformModel } from "../config/define.ts";
import { requiredSecrets } from "../config/environment.ts";
import { platform as real } from "../config/platform.ts";
import { parseSettings } from "../config/settings.ts";
import { missingSecrets, secretProblems } from "../infra/secret-values.ts";
import { allSecretNames, completeSecrets, rotateSecret, type SecretsSession } from "./secrets.ts";

const platform = real as unknown as PlatformModel;
/** A stack whose state keeps nothing, and which would fail if anything were written. */
const session = (config: Readonly<Record<string, unknown>>): SecretsSession =>
  ({
    name: "prod",
    platform,
    settings: parseSettings(
      Object.fromEntries(
        Object.entries({ target: "kubernetes", generateSecrets: false, ...config }).map(([key, value]) => [
          `platform:${key}`,
          JSON.stringify(value),
        ]),
      ),
    ),
    stack: { name: "prod", workspace: { exportStack: async () => ({ deployment: null }) } },
  }) as unknown as SecretsSession;

test("what `beat secrets` makes is what `up` asks for, on every target", () => {
  for (const config of [{}, { target: "docker" }, { kubernetes: { mongo: { members: 1 } } }]) {
    const given = session(config);
    const wanted = missingSecrets(requiredSecrets(platform, given.settings), given.settings);
    expect(allSecretNames(given)).toEqual(wanted);
    expect(secretProblems(requiredSecrets(platform, given.settings), given.settings, "prod")).toHaveLength(
      wanted.length,
    );
  }
  expect(allSecretNames(session({}))).toContain("mongo-keyfile");
  expect(allSecretNames(session({ target: "docker" }))).not.toContain("mongo-keyfile");
});

test("the administrator of a store that somebody else runs is asked for, and nothing is made", async () => {
  const external = { postgres: { host: "db.example.org" }, mongo: { host: "mongo.example.org" } };
  await expect(completeSecrets(session({ external }))).rejects.toThrow(
    /secrets\.mongo-admin[\s\S]*--set mongo-admin[\s\S]*secrets\.postgres-admin[\s\S]*--set postgres-admin/,
  );
});

test("a keyfile is not rotated under running members", async () => {
  await expect(rotateSecret(session({}), "mongo-keyfile")).rejects.toThrow(
    /change it together[\s\S]*beat down/,
  );
});
