import { expect, test } from "vitest";
import { parseSettings } from "../../config/settings/parse.ts";
import { missingSecrets, secretProblems } from "./problems.ts";

test("all missing secrets are named at once, with the command of the stack", () => {
  const names = ["mongo-admin", "postgres-admin"];
  const none = parseSettings({ "platform:generateSecrets": "false" });
  expect(missingSecrets(names, none)).toEqual([...names, "signing-key"]);
  expect(secretProblems(names, none, "prod").map(({ path, fix }) => [path, fix])).toEqual([
    ["platform:secrets.mongo-admin", "./beat secrets make --stack prod"],
    ["platform:secrets.postgres-admin", "./beat secrets make --stack prod"],
    ["platform:signingKey", "./beat secrets make --stack prod"],
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
