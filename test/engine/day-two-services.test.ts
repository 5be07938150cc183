import { afterAll, describe, expect } from "vitest";
import { serviceStories } from "./day-two/service-stories.ts";
import { DayTwoStack } from "./day-two/stack.ts";

const minutes = 60_000;

describe("a service that changes on a stack that runs", { timeout: 10 * minutes }, () => {
  const stack = new DayTwoStack("services", { stores: ["postgres"] });

  afterAll(() => stack.remove(), 5 * minutes);

  serviceStories(stack, {
    before: async () => {},
    onRemoved: async (said) => {
      expect(said).toContain("volume notes-files: no part of the platform uses it");
      expect(await stack.volumes()).toEqual(["notes-files", "postgres-data"]);
      const { said: checked } = await stack.beat("doctor");
      expect(checked).toContain(`docker volume rm ${stack.prefix}-notes-files deletes it with its data`);
    },
  });
});
