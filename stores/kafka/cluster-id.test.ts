import { expect, test } from "vitest";
import { kafkaClusterId } from "./cluster-id.ts";

test("a cluster's id is 22 characters that stay, and never begins with a dash", () => {
  expect(kafkaClusterId("beat-ecoprove-dev")).toBe(kafkaClusterId("beat-ecoprove-dev"));
  // The hash of this name begins with one.
  expect(kafkaClusterId("beat-test-28952")).toMatch(/^A[\w-]{21}$/);
  for (let i = 0; i < 1000; i++) expect(kafkaClusterId(`stack-${i}`)).toMatch(/^\w[\w-]{21}$/);
});
