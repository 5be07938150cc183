import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { expect, test } from "vitest";
import { Progress } from "./progress.ts";

const platform = "urn:pulumi:prod::beat-ecoprove::beat:docker:Platform::beat-ecoprove";
const volume = "urn:pulumi:prod::beat-ecoprove::beat:docker:LetGo$docker:index/volume:Volume::redis-data";

/** What is told of events. */
function told(...events: readonly object[]): string[] {
  const lines: string[] = [];
  const progress = new Progress((line) => lines.push(line));
  for (const event of events) progress.onEvent(event as EngineEvent);
  return lines;
}

const warning = (urn: string, message: string) => ({
  diagnosticEvent: { severity: "warning", urn, message },
});

test("a component's warnings are told, whatever it is called, and a provider's are not", () => {
  expect(
    told(
      warning(platform, "volume redis-data: no part uses it"),
      warning("urn:pulumi:prod::beat-ecoprove::beat:platform:Secrets::secrets", "secret a: kept"),
      warning("urn:pulumi:prod::beat-ecoprove::pulumi:providers:docker::default_5_2_0", "deprecated"),
      warning(volume, "of a resource that is none of ours"),
    ),
  ).toEqual(["  ! volume redis-data: no part uses it", "  ! secret a: kept"]);
});

test("what leaves the state and stays where it is is not called deleted", () => {
  const done = (old: object) => ({
    resOutputsEvent: { metadata: { op: "delete", urn: volume, type: "docker:index/volume:Volume", old } },
  });
  expect(told(done({ retainOnDelete: true }), done({}))).toEqual([
    "  ✔ volume redis-data left where it is (0.0 s)",
    "  ✔ volume redis-data deleted (0.0 s)",
  ]);
});

test("a replacement is told once each half of it is done, and not before", () => {
  const done = (op: string) => ({
    resOutputsEvent: { metadata: { op, urn: volume, type: "docker:index/volume:Volume" } },
  });
  expect(told(done("delete-replaced"), done("replace"), done("create-replacement"))).toEqual([
    "  ✔ volume redis-data removed (0.0 s)",
    "  ✔ volume redis-data replaced (0.0 s)",
  ]);
});
