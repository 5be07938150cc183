import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { PlatformModel } from "../../config/define/model.ts";
import { platform } from "../../config/platform.ts";
import { floatingTags } from "../../config/settings/floating-tags.ts";
import { parseSettings } from "../../config/settings/parse.ts";
import { stackImages } from "../../config/stack-images.ts";
import { type PinnedImage, withDigest, writeDigests } from "./pin.ts";

const model = platform as unknown as PlatformModel;
const digest = `sha256:${"a".repeat(64)}`;
/** A stack's settings out of its file, as the CLI would hand them over. */
const settingsIn = (text: string) =>
  parseSettings(
    Object.fromEntries(
      Object.entries((parse(text) as { config: Record<string, unknown> }).config).map(([key, value]) => [
        key,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
  );
/** What the file becomes when every tag stands for one digest. */
function pinAll(text: string): string {
  const images = stackImages(model, settingsIn(text));
  const digests = images.map(
    ({ path, reference }): PinnedImage => ({
      path,
      reference,
      digest,
      already: reference.includes("@"),
    }),
  );
  return writeDigests(text, images, digests);
}

test.each([
  ["redis:8.0-alpine", `redis:8.0-alpine@${digest}`],
  ["host:5000/a/b", `host:5000/a/b@${digest}`],
])("%s is pinned with its tag kept", (reference, result) =>
  expect(withDigest(reference, digest)).toBe(result),
);

describe("digests in a stack's file", () => {
  const text = [
    "# why this stack is so",
    "config:",
    "  platform:environment: Production # a note",
    "  platform:images:",
    "    overrides:",
    "      kafka: { reference: registry.example.org/kafka:4.3.1 }",
    "      redis: { tag: 8.0.4-alpine }",
    "  platform:services:",
    "    core-service: { memoryMiB: 512 }",
    "",
  ].join("\n");
  const result = pinAll(text);

  test("every image is pinned, and what was there stays", () => {
    const settings = settingsIn(result);
    for (const { reference } of stackImages(model, settings)) expect(reference).toContain(`@${digest}`);
    const references = stackImages(model, settings).map(({ reference }) => reference);
    expect(references).toContain(`registry.example.org/kafka:4.3.1@${digest}`);
    expect(references).toContain(`redis:8.0.4-alpine@${digest}`);
    expect(references).toContain(`localhost/core-service:1.0.0@${digest}`);
    expect(settings.services["core-service"]?.memoryMiB).toBe(512);
    expect(floatingTags(model, settings)).toEqual([]);
  });

  test("comments and secrets are kept as they are", () => {
    expect(result).toContain("# why this stack is so");
    expect(result).toContain("# a note");
    const secret = '  platform:secrets:\n    mongo-admin:\n      secure: "v1:abc+/=:def"\n';
    expect(parse(pinAll(text)).config).toEqual(parse(result).config);
    expect(writeDigests(`${text}${secret}`, [], [])).toContain('secure: "v1:abc+/=:def"');
  });

  test("a stack without a file gets one", () => {
    const images = stackImages(model, parseSettings({}));
    const digests = images.map(({ path, reference }) => ({ path, reference, digest, already: false }));
    for (const { reference } of stackImages(model, settingsIn(writeDigests("", images, digests))))
      expect(reference).toContain(`@${digest}`);
  });

  test("a second time changes nothing", () => expect(pinAll(result)).toBe(result));
});
