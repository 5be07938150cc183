import { expect, test } from "vitest";
import { external } from "./facts.ts";

test.each([
  [{ host: "192.0.2.7" }, false],
  [{ host: "192.0.2.7", cidr: "192.0.2.0/24" }, true],
  [{ host: "kafka.example" }, true],
])("a Kafka at %o is taken: %s, since one address reaches one broker", (given, taken) => {
  const read = external.safeParse(given);
  expect(read.success).toBe(taken);
  if (!taken) expect(read.error?.issues.map(({ path }) => path.join("."))).toEqual(["cidr"]);
});
