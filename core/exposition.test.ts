import { expect, test } from "vitest";
import { exposition } from "./exposition.ts";

test("metrics are written as a scraper reads them: escaped, and none without a value", () => {
  expect(
    exposition([
      { name: "a_total", type: "counter", help: "One\nof\\two.", samples: [{ value: 3 }] },
      { name: "b", type: "gauge", help: "None.", samples: [] },
      { name: "c", type: "gauge", help: "C.", samples: [{ labels: { d: 'a"b\\c\n', e: "" }, value: 0.5 }] },
    ]),
  ).toBe(
    '# HELP a_total One\\nof\\\\two.\n# TYPE a_total counter\na_total 3\n# HELP c C.\n# TYPE c gauge\nc{d="a\\"b\\\\c\\n",e=""} 0.5\n',
  );
});
