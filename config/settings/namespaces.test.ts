import { expect, test } from "vitest";
import { InputError } from "../../core/problems.ts";
import { parseSettings } from "./parse.ts";

const problems = (config: Record<string, string>) => {
  try {
    parseSettings(config);
  } catch (error) {
    if (error instanceof InputError) return error.problems;
    throw error;
  }
  return [];
};

test.each(["platfrom:backups", "Platform:storesBind", "beat-ecoprove:bind"])(
  "%s, which would be ignored, is refused",
  (key) => {
    const [problem] = problems({ [key]: "false" });
    expect(problem).toMatchObject({
      path: key,
      fix: `write platform:${key.split(":")[1]} in its place, or remove it: pulumi config rm --path '${key}'`,
    });
  },
);

test("what others are told is none of ours", () => {
  expect(problems({ "kubernetes:context": "a", "docker:host": "b", "pulumi:tags": "{}" })).toEqual([]);
});
