import { expect, test } from "vitest";
import { pulumiRefusal } from "./workspace.ts";

test("a stack's file that is no YAML is named, with the line and a mend", () => {
  const said =
    "code: -2\n stderr: Command failed\nerror: invalid YAML file: yaml: line 9: mapping values are not allowed in this context\n";
  expect(pulumiRefusal(new Error(said), "dev")?.message).toMatch(
    /^the stack's settings cannot be read:\n {2}- Pulumi\.dev\.yaml: line 9: mapping values are not allowed in this context\n {4}fix: correct it/,
  );
});

test("what is nobody's input is no refusal", () => {
  expect(pulumiRefusal(new Error("the engine went away"), "dev")).toBeUndefined();
});
