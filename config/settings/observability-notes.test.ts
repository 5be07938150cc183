import { expect, test } from "vitest";
import { dockerSettings, kubernetesSettings } from "../../test/settings.ts";
import { observabilityNotes } from "./observability-notes.ts";

const textsOf = (observability: object, more: Readonly<Record<string, string>> = {}) =>
  observabilityNotes(
    dockerSettings({ "platform:observability": JSON.stringify(observability), ...more }),
  ).map(({ text }) => text);

test("a stack that sends nothing is told nothing", () => {
  expect(textsOf({})).toEqual([]);
  expect(observabilityNotes(kubernetesSettings())).toEqual([]);
});

test("where spans go is told, and how many", () => {
  expect(textsOf({ otlp: "https://otlp.example.org" })).toEqual([
    expect.stringMatching(/^all traces go to https:\/\/otlp\.example\.org: /),
  ]);
  expect(textsOf({ otlp: "https://otlp.example.org", sample: 0.05 })[0]).toMatch(/^5 % of new traces/);
});

test("a port of gRPC and a secret in the clear are told", () => {
  const headers = { authorization: { secret: "otlp-token" } };
  expect(textsOf({ otlp: "http://collector:4317", headers }).slice(1)).toEqual([
    expect.stringContaining("4318"),
    expect.stringContaining("https:// hides it"),
  ]);
  expect(textsOf({ otlp: "https://collector", headers })).toHaveLength(1);
});

test("dashboards are meant for development", () => {
  expect(textsOf({ dev: true })).toEqual([
    expect.stringContaining("pulumi config rm --path 'platform:observability.dev'"),
  ]);
  expect(textsOf({ dev: true }, { "platform:environment": "Development" })).toEqual([]);
});
