import { expect, test } from "vitest";
import { versionOf } from "../core/versions.ts";
import { storeKinds, storeOf } from "../stores/index.ts";
import type { PlatformModel } from "./define/model.ts";
import { imageNames, images } from "./images.ts";
import { endingImages } from "./lifecycle.ts";
import { platform as real } from "./platform.ts";
import { parseSettings } from "./settings/parse.ts";

const platform: PlatformModel = real;
const ending = (day: string, overrides: Readonly<Record<string, object>> = {}): string[] =>
  endingImages(
    platform,
    parseSettings({ "platform:images": JSON.stringify({ overrides }), "platform:source": '"sample"' }),
    new Date(`${day}T12:00:00Z`),
  ).map(({ path, text }) => `${path.split(".").at(-1)}: ${text}`);
const of = (name: string, lines: readonly string[]) => lines.find((line) => line.startsWith(`${name}: `));

test("what ends within half a year is told, and what has ended", () => {
  expect(of("postgres", ending("2029-05-01"))).toBeUndefined();
  expect(of("postgres", ending("2029-05-20"))).toContain(
    "postgres 17 gets corrections until 2029-11-08 only",
  );
  // On its last day it still does.
  expect(of("postgres", ending("2029-11-08"))).toContain("until 2029-11-08 only");
  expect(of("postgres", ending("2029-11-09"))).toContain("gets no corrections any more since 2029-11-08");
  expect(of("mongo", ending("2029-11-01"))).toContain(
    "mongo 8.0 gets no corrections any more since 2029-10-31",
  );
  expect(of("kafka", ending("2026-01-01", { kafka: { tag: "4.0.1" } }))).toContain(
    "kafka 4.0 gets no corrections any more (",
  );
});

test("the tag that a stack takes decides; one that names no version is not judged", () => {
  expect(of("postgres", ending("2026-12-01", { postgres: { tag: "14-3.5" } }))).toContain("2026-11-12");
  const digest = { reference: `registry.example.org/postgis@sha256:${"a".repeat(64)}` };
  expect(of("postgres", ending("2040-01-01", { postgres: digest }))).toBeUndefined();
});

test("every server of a store has a source for its dates, and a version in its tag", () => {
  for (const kind of storeKinds)
    for (const name of Object.keys(storeOf(kind).images).filter((image) => image === kind)) {
      const image = images[imageNames.find((known) => known === name) ?? "node"];
      expect(image.lifecycle?.source).toMatch(/^https:\/\//);
      expect(versionOf(image.tag).length).toBeGreaterThan(0);
      for (const end of Object.values(image.lifecycle?.lines ?? {}))
        expect(end).toMatch(/^(ended|20\d\d-\d\d-\d\d)$/);
    }
});
