import { describe, expect, test } from "vitest";
import type { PlatformModel } from "../define/model.ts";
import { platform } from "../platform.ts";
import { floatingReason, floatingTags, partsOf } from "./floating-tags.ts";
import { parseSettings } from "./parse.ts";

const model = platform as unknown as PlatformModel;
const digest = `sha256:${"0".repeat(64)}`;

test.each([
  ["redis", { name: "redis", tag: undefined, digest: undefined }],
  ["host:5000/a/b", { name: "host:5000/a/b", tag: undefined, digest: undefined }],
  ["host:5000/a/b:1.2", { name: "host:5000/a/b", tag: "1.2", digest: undefined }],
  [`host:5000/a:1@${digest}`, { name: "host:5000/a", tag: "1", digest }],
  [`a@${digest}`, { name: "a", tag: undefined, digest }],
])("parts of %s", (reference, parts) => expect(partsOf(reference)).toEqual(parts));

describe("which references float", () => {
  test.each([
    ["redis", false],
    ["host:5000/redis", false],
    ["redis:latest", false],
    ["redis:latest-alpine", false],
    ["redis:alpine-latest", false],
    ["app:main", true],
    ["app:pr-42", true],
    ["app:nightly-20250101", true],
    ["app:alpine", true],
    ["app:path", true],
  ])("%s floats (only in production: %s)", (reference, productionOnly) => {
    expect(floatingReason(reference, true)).toBeDefined();
    expect(floatingReason(reference, false) === undefined).toBe(productionOnly);
  });
  test.each([
    "postgis/postgis:17-3.5",
    "redis:8.0-alpine",
    "app:v1",
    "app:git-0123456789ab",
    "app:1.0-main",
    `app@${digest}`,
    `app:latest@${digest}`,
    "localhost:5000/app:1.0.0",
    "app:mainframe2",
  ])("%s does not", (reference) => expect(floatingReason(reference, true)).toBeUndefined());
});

test("the catalogue and the services' own tags pass in production", () => {
  expect(floatingTags(model, parseSettings({}))).toEqual([]);
});

test("every floating image is named at once with its setting, and a digest mends it", () => {
  const settings = {
    "platform:images": JSON.stringify({
      overrides: { redis: { tag: "latest" }, kafka: { reference: "mirror:5000/kafka" } },
    }),
    "platform:services": JSON.stringify({
      "core-service": { source: { image: "registry.example.org/core:main" } },
      "auth-service": { source: { path: "../auth" } },
    }),
  };
  const problems = floatingTags(model, parseSettings(settings));
  expect(problems.map(({ path, message }) => `${path} ${message}`)).toEqual([
    "platform:images.overrides.kafka mirror:5000/kafka: has no tag, which means latest",
    'platform:images.overrides.redis redis:latest: the tag "latest" moves with every release',
    'platform:services.auth-service.source localhost/auth-service:path: the tag "path" names no version',
    'platform:services.core-service.source registry.example.org/core:main: the tag "main" looks like a branch, which moves with every push',
  ]);
  const dev = parseSettings({ ...settings, "platform:environment": "Development" });
  expect(floatingTags(model, dev)).toHaveLength(2);
  const pinned = { redis: { tag: "latest", digest }, kafka: { reference: `mirror:5000/kafka@${digest}` } };
  expect(
    floatingTags(model, parseSettings({ "platform:images": JSON.stringify({ overrides: pinned }) })),
  ).toEqual([]);
});
