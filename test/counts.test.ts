import { expect, test } from "vitest";
import { lastLines, sumOf } from "./counts.ts";

const lines = ['{"passed":3,"failed":0,"skipped":1}', '{"passed":2,"failed":0,"skipped":0}'];

test.each([
  { what: "runs that passed", lines, ok: true, line: "5 passed, 0 failed, 1 skipped" },
  { what: "a run that ended before it could tell", lines, ok: false, line: "5 passed, 1 failed, 1 skipped" },
  {
    what: "a run whose failures are told",
    lines: [...lines, '{"passed":0,"failed":2,"skipped":0}'],
    ok: false,
    line: "5 passed, 2 failed, 1 skipped",
  },
  {
    what: "a run of which a layer stayed out, and says so right before the counts",
    lines: [
      ...lines,
      '{"passed":0,"failed":0,"skipped":4,"unrun":["nothing ran in test/engine: no engine"]}',
    ],
    ok: true,
    line: "nothing ran in test/engine: no engine\n5 passed, 0 failed, 5 skipped",
  },
  { what: "no run at all", lines: [], ok: false, line: "0 passed, 1 failed, 0 skipped" },
])("sums up $what", ({ lines, ok, line }) => expect(lastLines(sumOf(lines, ok))).toBe(line));
