import type Docker from "dockerode";
import { expect, test } from "vitest";
import { platform } from "../../../config/platform.ts";
import { parseSettings } from "../../../config/settings/parse.ts";
import type { DockerSettings } from "../../../config/settings/schema.ts";
import { checkLeftovers } from "./leftovers.ts";

const prefix = "beat-ecoprove-dev";

/** Checks a stack on an engine that has these volumes. */
const check = (
  volumes: readonly string[],
  { kept = [], config = {} }: { kept?: readonly string[]; config?: Record<string, string> } = {},
) =>
  checkLeftovers(
    {
      engine: {
        listContainers: async () => [],
        listNetworks: async () => [],
        listVolumes: async () => ({ Volumes: volumes.map((name) => ({ Name: `${prefix}-${name}` })) }),
      } as unknown as Docker,
      platform,
      settings: parseSettings(config) as DockerSettings,
      name: "dev",
      prefix,
    },
    {
      resources: kept.map((name) => ({
        urn: `urn:pulumi:dev::beat-ecoprove::beat:platform:Secrets$pulumi:index:Stash::${name}`,
        type: "pulumi:index:Stash",
      })),
      pending: [],
    },
  );
const problems = async (...args: Parameters<typeof check>) =>
  (await check(...args)).flatMap(({ problem }) => (problem === undefined ? [] : [problem.message]));

test("a volume that the state let go of is taken up again by whoever uses it", async () => {
  expect(await problems(["redis-data", "core-public"])).toEqual([]);
  expect(await problems(["postgres-data"], { kept: ["postgres-admin"] })).toEqual([]);
  expect(
    await problems(["postgres-data"], { config: { "platform:secrets": '{"postgres-admin":"Given12345"}' } }),
  ).toEqual([]);
});

test("a store whose password went with the state is not put on its volume", async () => {
  const of = (volume: string) =>
    `an earlier run left volume ${prefix}-${volume}, which the stack's state does not know`;
  expect(await problems(["postgres-data", "redis-data"])).toEqual([of("postgres-data")]);
  const [{ problem } = {}] = (await check(["postgres-data"])).filter(({ ok }) => !ok);
  // Typed as it is printed it must not delete what another stack has.
  expect(problem?.fix).toMatch(/: \.\/beat down --volumes --stack dev$/);
  expect(await problems(["mongo-config"], { kept: ["postgres-admin"] })).toEqual([of("mongo-config")]);
});

test("of one that nobody uses a note says how to delete it", async () => {
  const checks = await check(["notes-files"]);
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(checks.map(({ detail }) => detail)).toContain(
    `note: no part of the platform uses it; docker volume rm ${prefix}-notes-files deletes it with its data`,
  );
});
