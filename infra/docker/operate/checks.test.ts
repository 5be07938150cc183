import type Docker from "dockerode";
import { expect, test } from "vitest";
import type { StateResource } from "../../operate/stack-state.ts";
import { checkHome } from "./checks.ts";

const volume = (name: string, more: Partial<StateResource> = {}): StateResource => ({
  urn: `urn:pulumi:prod::beat-ecoprove::docker:index/volume:Volume::${name}`,
  type: "docker:index/volume:Volume",
  id: `beat-prod-${name}`,
  ...more,
});

/** What is told of a stack on an engine that has these volumes of it. */
const told = async (there: readonly string[], resources: readonly StateResource[]) => {
  let reads = 0;
  const engine = {
    listVolumes: async ({ filters }: { filters: object }) => {
      expect(filters).toEqual({ label: ["org.beat-ecoprove.stack=beat-prod"] });
      return { Volumes: there.map((Name) => ({ Name })) };
    },
  } as unknown as Docker;
  const check = await checkHome(engine, "beat-prod", "tcp://other:2376", async () => {
    reads += 1;
    return { resources, pending: [] };
  });
  return { ...check, reads };
};

test("an engine that has none of the stack's volumes is another one", async () => {
  expect(await told([], [volume("redis-data"), volume("mongo-data")])).toMatchObject({
    ok: false,
    problem: {
      path: "tcp://other:2376",
      message: expect.stringMatching(
        /^has none of the stack's volumes \(beat-prod-redis-data, beat-prod-mongo-data\): it was made on another engine/,
      ),
      fix: expect.stringMatching(
        /^name its engine .*pulumi stack rm prod --force --preserve-config, then \.\/beat up$/,
      ),
    },
  });
});

test("its own engine is known without the state; a new stack, and one that keeps only what it let go of, go anywhere", async () => {
  expect(await told(["beat-prod-redis-data"], [volume("redis-data")])).toMatchObject({ ok: true, reads: 0 });
  expect(await told([], [])).toMatchObject({ ok: true });
  expect(await told([], [volume("backups", { retainOnDelete: true })])).toMatchObject({ ok: true });
});
