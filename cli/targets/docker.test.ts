import { expect, test } from "vitest";
import { defined, plain } from "../../config/define/test-definition.ts";
import { parseSettings } from "../../config/settings/parse.ts";
import { engineOf } from "../../infra/docker/operate/test-engine.ts";
import { workloadsOf } from "../../infra/workloads/plan.ts";
import { EngineTarget } from "./docker.ts";
import type { TargetArgs } from "./target.ts";

const platform = defined({ notes: { ...plain, needs: { postgres: { database: "notes" } } } });
const settings = parseSettings({ "platform:target": "docker", "platform:backups": "{}" });
if (settings.target !== "docker") throw new Error("no engine");
const wanted = workloadsOf(platform, { kind: "engine", settings, id: "p", waitsForExit: false });

const partsOf = async (names: readonly string[]) => {
  const { engine } = engineOf(Object.fromEntries(names.map((name) => [name, "running"])));
  return new EngineTarget({ engine, prefix: "p", settings, platform } as unknown as TargetArgs<
    typeof settings
  >).parts();
};
const all = wanted.map(({ name }) => name);

test("a container that was taken away is told, whatever it is; one that has done its work may go", async () => {
  const missing = async (names: readonly string[]) =>
    (await partsOf(names)).filter(({ status }) => /is not there/.test(status)).map(({ name }) => name);
  expect(await missing(all)).toEqual([]);
  for (const { name, role } of wanted)
    expect(await missing(all.filter((other) => other !== name))).toEqual(
      role === "provisioner" ? [] : [name],
    );
});

test("of a stack that is down nothing is told", async () => {
  expect(await partsOf([])).toEqual([]);
});
