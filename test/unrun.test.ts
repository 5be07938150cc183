import { expect, test } from "vitest";
import { unrun } from "./unrun.ts";

const file = (name: string, tests: number, skipped: number, reason = "") => ({
  file: name,
  tests,
  skipped,
  reason,
});

test.each([
  {
    what: "a layer of which nothing ran, once, with every reason",
    files: [
      file("test/engine/a.test.ts", 2, 2, "no engine"),
      file("test/engine/b.test.ts", 1, 1, "no engine"),
      file("test/engine/c.test.ts", 1, 1, "no Compose"),
    ],
    lines: ["nothing ran in test/engine (3 files, 4 tests): no engine; no Compose"],
  },
  {
    what: "a file of which nothing ran beside others that did",
    files: [file("test/engine/a.test.ts", 1, 1, "no image x"), file("test/engine/b.test.ts", 3, 1, "no y")],
    lines: ["nothing ran in test/engine/a.test.ts (1 test): no image x"],
  },
  {
    what: "nothing of what ran, or has no tests",
    files: [file("a.test.ts", 2, 0), file("b.test.ts", 0, 0)],
    lines: [],
  },
])("names $what", ({ files, lines }) => expect(unrun(files)).toEqual(lines));
