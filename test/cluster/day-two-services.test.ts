import { afterAll, describe, expect } from "vitest";
import { serviceStories } from "../engine/day-two/service-stories.ts";
import { ClusterDayTwo } from "./day-two/stack.ts";

const minutes = 60_000;

describe("a service that changes on a stack of a cluster", { timeout: 10 * minutes }, () => {
  const stack = new ClusterDayTwo("services", { stores: ["postgres"] });

  afterAll(() => stack.remove(), 5 * minutes);

  serviceStories(stack, {
    before: () => stack.load("postgres"),
    onRemoved: async () =>
      expect(await stack.volumes()).toEqual([
        "backups",
        "backups-notes-service",
        "data-postgres-0",
        "notes-files",
      ]),
  });

  stack.story("every part is used as a client uses it", async () => {
    const { code, said } = await stack.beat("verify");
    expect(code, said).toBe(0);
    expect(said).toContain("postgres");
  });
});
