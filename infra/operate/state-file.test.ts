import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { failuresIn, stateFile, stateProject } from "./state-file.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "beat-state-"));
  vi.stubEnv("PULUMI_BACKEND_URL", undefined);
  writeFileSync(join(root, "Pulumi.yaml"), "name: shop\nbackend: { url: 'file://.' }\n");
  mkdirSync(join(root, ".pulumi/stacks/shop"), { recursive: true });
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

const state = JSON.stringify({
  checkpoint: {
    latest: {
      resources: [
        { urn: "urn:a", initErrors: ["it is unhealthy"] },
        { urn: "urn:b" },
        // Replaced since by one that did become what it should.
        { urn: "urn:b", initErrors: ["it was unhealthy"], delete: true },
      ],
    },
  },
});
const failed = new Map([["urn:a", ["it is unhealthy"]]]);

test.each([
  [".json", state],
  [".json.gz", gzipSync(state)],
])("what did not become what it should is read of the file of a state (%s)", (ending, content) => {
  const file = join(root, `.pulumi/stacks/shop/prod${ending}`);
  writeFileSync(file, content);
  expect(stateFile("prod", root)).toBe(file);
  expect(failuresIn("prod", root)).toEqual(failed);
  expect(failuresIn("other", root)).toEqual(new Map());
});

test("of a state that is damaged, or lies elsewhere, nothing is known", () => {
  writeFileSync(join(root, ".pulumi/stacks/shop/prod.json"), state.slice(0, 20));
  expect(failuresIn("prod", root)).toEqual(new Map());
  writeFileSync(join(root, ".pulumi/stacks/shop/prod.json"), state);
  vi.stubEnv("PULUMI_BACKEND_URL", "s3://bucket?region=eu-west-1");
  expect(stateProject(root)).toEqual({ name: "shop", folder: undefined });
  expect(failuresIn("prod", root)).toEqual(new Map());
  expect(failuresIn("prod", join(root, "none"))).toEqual(new Map());
});
