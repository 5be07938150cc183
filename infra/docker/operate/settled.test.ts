import type Docker from "dockerode";
import { expect, test } from "vitest";
import type { StateResource } from "../../operate/stack-state.ts";
import { componentLabel } from "../labels.ts";
import { containersOf } from "./engine.ts";
import { settledOn } from "./settled.ts";

/** An engine with these containers, by id; of their health it says something only to whom asks for it. */
const engineWith = (kind: string, states: Readonly<Record<string, string>>, ill: readonly string[] = []) =>
  ({
    version: async () => ({ Components: [{ Name: kind }] }),
    listContainers: async ({ filters }: { filters: { health?: readonly string[] } }) =>
      Object.entries(states)
        .filter(([id]) => filters.health === undefined || ill.includes(id))
        .map(([id, State]) => ({
          Id: id,
          Names: [`/p-${id}`],
          Labels: { [componentLabel]: id },
          Image: "image",
          State,
          Status: State === "running" ? "Up 3 minutes" : "Exited (0) 3 minutes ago",
          Ports: [],
        })),
  }) as unknown as Docker;

const container = (id: string, rest: Partial<StateResource> = {}): StateResource => ({
  urn: `urn:${id}`,
  type: "docker:index/container:Container",
  id,
  ...rest,
});
const state = {
  resources: [
    container("runs"),
    container("stopped"),
    container("removed"),
    container("provision-x", { inputs: { mustRun: false } }),
    container("failed", { initErrors: ["not healthy"] }),
    container("former", { delete: true }),
    { urn: "urn:network", type: "docker:index/network:Network", id: "network" },
  ],
  pending: [],
};
const there = {
  runs: "running",
  stopped: "exited",
  "provision-x": "exited",
  failed: "running",
  former: "running",
};

test("Podman is asked only for what is not as it was made; any other engine for everything", async () => {
  expect(await settledOn(engineWith("Podman Engine", there), "p", state)).toEqual([
    "urn:runs",
    "urn:provision-x",
  ]);
  expect(await settledOn(engineWith("Engine", there), "p", state)).toBeUndefined();
});

test("what an engine's list does not say of health it is asked for", async () => {
  const ok = async (ill: readonly string[]) =>
    (await containersOf(engineWith("Podman Engine", { a: "running", b: "running" }, ill), "p")).map(
      (each) => each.ok,
    );
  expect(await ok([])).toEqual([true, true]);
  expect(await ok(["b"])).toEqual([true, false]);
});
