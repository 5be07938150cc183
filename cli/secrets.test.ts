import { Readable } from "node:stream";
import { expect, test } from "vitest";
import type { PlatformModel } from "../config/define/model.ts";
import { requiredSecrets } from "../config/environment.ts";
import { platform as real } from "../config/platform.ts";
import { parseSettings } from "../config/settings/parse.ts";
import { missingSecrets, secretProblems } from "../infra/secrets/problems.ts";
import { allSecretNames, completeSecrets, rotateSecret, type SecretsSession, setSecret } from "./secrets.ts";

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
    /secrets\.mongo-admin[\s\S]*secrets set mongo-admin[\s\S]*secrets\.postgres-admin[\s\S]*secrets set postgres-admin/,
  );
});

const bucket = { endpoint: "https://s3.example.org", name: "beat-backups" };
const bucketKeys = ["backups-access-key-id", "backups-secret-access-key"];

test("the keys of a bucket are asked for, whether secrets are made or not", async () => {
  for (const generateSecrets of [false, true]) {
    const given = session({ generateSecrets, kubernetes: { backups: { bucket } } });
    expect(allSecretNames(given)).toEqual(expect.arrayContaining(bucketKeys));
    await expect(completeSecrets(given)).rejects.toThrow(
      /set backups-access-key-id[\s\S]*set backups-secret-access-key/,
    );
    const problems = secretProblems(requiredSecrets(platform, given.settings), given.settings, "prod");
    expect(problems.filter(({ fix }) => fix.includes("secrets set")).map(({ path }) => path)).toEqual(
      bucketKeys.map((name) => `platform:secrets.${name}`),
    );
  }
});

test("a key of a bucket is neither made nor taken when it cannot be one, and is not shown", async () => {
  const given = session({ kubernetes: { backups: { bucket } } });
  await expect(rotateSecret(given, "backups-secret-access-key")).rejects.toThrow(/whoever runs the bucket/);
  const set = (secret: string, value: string) => setSecret(given, secret, Readable.from([value]));
  await expect(set("backups-access-key-id", "AK/ID")).rejects.toThrow(/must be 3 to 128 letters/);
  await expect(set("backups-secret-access-key", "with space")).rejects.toThrow(/^(?![\s\S]*with space)/);
  // A password stays what every connection string can carry.
  await expect(set("postgres-admin", "abc/def+ghi")).rejects.toThrow(/8 to 128 letters and digits/);
});

test("a keyfile is not rotated under running members", async () => {
  await expect(rotateSecret(session({}), "mongo-keyfile")).rejects.toThrow(
    /change it together[\s\S]*beat down/,
  );
});
