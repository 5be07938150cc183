import { expect, test } from "vitest";
import { defined, plain } from "../../config/define/test-definition.ts";
import { parseSettings } from "../../config/settings/parse.ts";
import { engineOf } from "../../infra/docker/operate/test-engine.ts";
import type { StackState } from "../../infra/operate/stack-state.ts";
import { workloadsOf } from "../../infra/workloads/plan.ts";
import { EngineTarget } from "./docker.ts";
import type { TargetArgs } from "./target.ts";

const platform = defined({ notes: { ...plain, needs: { postgres: { database: "notes" } } } });
const settings = parseSettings({
  "platform:target": "docker",
  "platform:backups": "{}",
  "platform:ports": '{"gateway":19900}',
});
if (settings.target !== "docker") throw new Error("no engine");
const wanted = workloadsOf(platform, { kind: "engine", settings, id: "p", waitsForExit: false });
const all = wanted.map(({ name }) => name);
const last = all.filter((name) => !name.startsWith("provision-"));

const resource = (type: string, name: string, rest: object = {}) => ({
  urn: `urn:pulumi:p::beat::x$${type}::${name}`,
  type,
  id: name,
  ...rest,
});
const network = resource("docker:index/network:Network", "network");
const containerType = "docker:index/container:Container";
const containers = (names: readonly string[]) =>
  names.map((name) => resource(containerType, name, { inputs: { mustRun: !name.startsWith("provision-") } }));
const upState: StackState = { resources: [network, ...containers(all)], pending: [] };
const downState: StackState = {
  resources: [resource("docker:index/volume:Volume", "postgres-data"), resource("pulumi:index:Stash", "key")],
  pending: [],
};

const over = (states: Readonly<Record<string, string>>) => {
  const { engine, unpaused } = engineOf(states);
  const args = { engine, prefix: "p", settings, platform, name: "p", root: process.cwd() };
  const target = new EngineTarget(args as unknown as TargetArgs<typeof settings>);
  return { target, unpaused };
};
const running = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, "running"]));
const missing = async (names: readonly string[], state = upState) =>
  (await over(running(names)).target.parts(state)).filter((part) => part.missing === true);
const namesMissing = async (names: readonly string[], state = upState) =>
  (await missing(names, state)).map(({ name }) => name);

test("a container that was taken away is told, whatever it is; one that has done its work may go", async () => {
  expect(await namesMissing(all)).toEqual([]);
  for (const { name, role } of wanted)
    expect(await namesMissing(all.filter((other) => other !== name))).toEqual(
      role === "provisioner" ? [] : [name],
    );
});

test("all of them may be taken away at once; of a stack that is down, or was never up, nothing is told", async () => {
  expect(await namesMissing([])).toEqual(last);
  expect(
    (await missing([])).every(({ ok, status }) => !ok && status === "is not there; fix: ./beat up"),
  ).toBe(true);
  expect(await over({}).target.parts(downState)).toEqual([]);
  expect(await over({}).target.parts({ resources: [], pending: [] })).toEqual([]);
});

test("what a killed run has not come to is told, with the mend that works", async () => {
  const strays = await missing(["postgres"], { resources: [network], pending: [] });
  expect(strays.map(({ name }) => name)).toEqual(last.filter((name) => name !== "postgres"));
  expect(new Set(strays.map(({ status }) => status))).toEqual(
    new Set(["is not there; fix: ./beat down, then ./beat up"]),
  );
  // Killed before the first container.
  expect(await namesMissing([], { resources: [network], pending: [] })).toEqual(last);
});

test("what the definition has let go of is a part as long as the state has it", async () => {
  const state = { ...upState, resources: [...upState.resources, ...containers(["former", "provision-x"])] };
  expect(await namesMissing(all, state)).toEqual(["former"]);
  expect(await namesMissing([...all, "former"], state)).toEqual([]);
});

test("what was paused goes on with `up`, and nothing else is touched", async () => {
  const { target, unpaused } = over({ ...running(all), notes: "paused", postgres: "paused" });
  await target.afterChecks();
  expect(unpaused.sort()).toEqual(["notes", "postgres"]);
});

test("the gateway's address is where the settings publish it, before an `up` has ended", async () => {
  const { target } = over({});
  expect((await target.inside().gateway({})).base).toBe("http://localhost:19900");
  expect((await target.inside().gateway({ gateway: "http://localhost:1/_gateway/ready" })).base).toBe(
    "http://localhost:1",
  );
});
