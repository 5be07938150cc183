import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { parseSettings } from "../config/settings.ts";
import {
  faultOfPrivateKey,
  makePassword,
  makePrivateKey,
  missingSecrets,
  secretProblems,
} from "./secret-values.ts";

test("passwords are letters and digits, long enough for Phoenix, and differ", () => {
  const made = Array.from({ length: 50 }, makePassword);
  for (const password of made) expect(password).toMatch(/^[A-Za-z0-9]{64}$/);
  expect(new Set(made).size).toBe(50);
});

test("a made key can sign; other texts, kinds and lengths are refused without being quoted", async () => {
  expect(faultOfPrivateKey(await makePrivateKey())).toBeUndefined();
  expect(faultOfPrivateKey("hunter2hunter2")).toMatch(/^is not a private key that can be read/);
  const pem = { type: "pkcs8", format: "pem" } as const;
  const short = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey.export(pem).toString();
  expect(faultOfPrivateKey(short)).toBe("has 1024 bits, 2048 are the least that is safe");
  const ed = generateKeyPairSync("ed25519").privateKey.export(pem).toString();
  expect(faultOfPrivateKey(ed)).toBe("is a key of type ed25519, not RSA");
});

test("all missing secrets are named at once, with the command of the stack", () => {
  const names = ["mongo-admin", "postgres-admin"];
  const none = parseSettings({ "platform:generateSecrets": "false" });
  expect(missingSecrets(names, none)).toEqual([...names, "signing-key"]);
  expect(secretProblems(names, none, "prod").map(({ path, fix }) => [path, fix])).toEqual([
    ["platform:secrets.mongo-admin", "./beat secrets make prod"],
    ["platform:secrets.postgres-admin", "./beat secrets make prod"],
    ["platform:signingKey", "./beat secrets make prod"],
  ]);
  expect(secretProblems(names, parseSettings({}), "dev")).toEqual([]);
  const extra = parseSettings({ "platform:secrets": '{"mongo-admim":"abcdefgh1"}' });
  expect(secretProblems(names, extra, "dev").map(({ message }) => message)).toEqual([
    "no part of the platform has such a secret",
  ]);
});

test("what somebody else has chosen is asked for, also where secrets are made by themselves", () => {
  const external = parseSettings({
    "platform:target": "kubernetes",
    "platform:external": '{"postgres":{"host":"db.example.org"}}',
  });
  expect(secretProblems(["mongo-admin", "postgres-admin"], external, "prod")).toEqual([
    {
      path: "platform:secrets.postgres-admin",
      message: "is missing, and was chosen outside of the platform",
      fix: "./beat secrets set postgres-admin --stack prod  (reads the value from standard input)",
    },
  ]);
});
