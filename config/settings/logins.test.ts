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

test.each([
  ["https//ci:S3cret@g.example.org/x/y"],
  ["https:/ci:S3cret@g.example.org/x/y"],
  ["https:ci:S3cret@g.example.org/x/y"],
  ["https://ci:x/S3cret@g.example.org"],
  ["https://ci:x#S3cret@g.example.org"],
  ["https://ci:x?S3cret@g.example.org"],
  ["https://ci:80/S3cret@g.example.org"],
  ["https://x/S3cret@g.example.org"],
  ["htps ://ci:x S3cret@g.example.org"],
  ["tcp://ci:x@S3cret@g.example.org:2376"],
  ["ci:S3cret%@g.example.org/x"],
  ["ci:x'S3cret@g.example.org/x"],
])("a login is not told of %s either, which is no address", (address) => {
  const text = JSON.stringify(address);
  for (const config of [
    { "platform:images": `{"mirror":${text}}` },
    { "platform:images": `{"overrides":{"redis":{"reference":${text}}}}` },
    { "platform:registry": address },
    { "platform:engine": address },
    { "platform:publicHost": address },
    { "platform:cors": `[${text}]` },
    { ...cluster, "platform:backups": `{"to":{"bucket":{"endpoint":${text},"name":"abc"}}}` },
    { ...cluster, "platform:external": `{"postgres":{"host":${text}}}` },
    { "platform:services": `{"auth-service":{"source":{"git":${text}}}}` },
    { "platform:services": `{"auth-service":{"source":{"git":{"commit":"x","repository":${text}}}}}` },
    { "platform:services": `{"auth-service":{"source":{"image":${text}}}}` },
  ])
    expect(told(config)).not.toContain("S3cret");
});

test("what a name says to be secret is not told, wherever it was written", () => {
  expect(told({ "platform:services": '{"auth-service":{"source":{"gitToken":"S3cret"}}}' })).not.toContain(
    "S3cret",
  );
  expect(told({ "platform:registry": "https://g.example.org/?token=S3cret" })).not.toContain("S3cret");
});
