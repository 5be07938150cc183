import { expect, test } from "vitest";
import { withoutLogins } from "../../core/logins.ts";
import { InputError } from "../../core/problems.ts";
import { parseSettings } from "./parse.ts";

/** What is told of a setting, as every command writes it. */
function told(config: Readonly<Record<string, string>>): string {
  try {
    parseSettings(config);
    return "";
  } catch (error) {
    return error instanceof InputError ? withoutLogins(error.message) : String(error);
  }
}

const cluster = { "platform:target": "kubernetes" };
test.each([
  ["a mirror", { "platform:images": '{"mirror":"ci:S3cret@m.example.org"}' }],
  ["a mirror with a scheme", { "platform:images": '{"mirror":"https://ci:S3cret@m.example.org"}' }],
  ["a registry", { "platform:registry": "https://ci:S3cret@m.example.org/x" }],
  [
    "an image",
    { "platform:images": '{"overrides":{"redis":{"reference":"ci:S3cret@m.example.org/redis:8"}}}' },
  ],
  ["an engine", { "platform:engine": "ci:S3cret@engine:2376" }],
  ["a public host", { "platform:publicHost": "https://ci:S3cret@app.example.org" }],
  ["an origin", { "platform:cors": '["https://ci:S3cret@app.example.org"]' }],
  [
    "a bucket's endpoint",
    {
      ...cluster,
      "platform:backups": '{"to":{"bucket":{"endpoint":"https://ci:S3cret@s3.example.org","name":"abc"}}}',
    },
  ],
  [
    "a store of others",
    { ...cluster, "platform:external": '{"postgres":{"host":"ci:S3cret@db.example.org"}}' },
  ],
  [
    "a repository",
    {
      "platform:services":
        '{"auth-service":{"source":{"git":{"commit":"x","repository":"https://ci:S3cret@g.example.org"}}}}',
    },
  ],
])("a login in the address of %s is not told", (_what, config) => {
  const text = told(config);
  expect(text).toMatch(/^the stack's settings are not valid/);
  expect(text).not.toContain("S3cret");
});
