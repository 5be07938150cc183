import { expect, test } from "vitest";
import { told } from "./told.ts";

test("a rule's command names the stack whose resources are judged", () => {
  const resources = [{ urn: "urn:pulumi:prod::beat-ecoprove::kubernetes:core/v1:Service::gateway" }];
  expect(told("redis has no version\nfix: ./beat images pin", resources)).toBe(
    "redis has no version\nfix: ./beat images pin --stack prod",
  );
  expect(told("fix: ./beat images pin", [])).toBe("fix: ./beat images pin");
});
