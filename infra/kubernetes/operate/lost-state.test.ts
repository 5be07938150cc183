import { ApiException } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { kubernetesSettings } from "../../../test/settings.ts";
import type { StackState } from "../../operate/stack-state.ts";
import type { Cluster } from "./client.ts";
import { checkLost } from "./lost-state.ts";
import { isStacks } from "./namespace.ts";

/** A namespace with claims, of a stack; or what is answered in its place. */
const remainsOf = (claims: readonly string[], found: { instance?: string; code?: number } = {}) => {
  const core = {
    readNamespace: async () => {
      if (found.code !== undefined) throw new ApiException(found.code, "", "", {});
      return { metadata: { labels: { "app.kubernetes.io/instance": found.instance ?? "beat-shop" } } };
    },
    listNamespacedPersistentVolumeClaim: async () => ({
      items: claims.map((name) => ({ metadata: { name } })),
    }),
  };
  return { cluster: { core } as unknown as Cluster, namespace: "beat", instance: "beat-shop" };
};
const stateOf = (...types: readonly string[]): StackState => ({
  pending: [],
  resources: types.map((type) => ({ type, urn: `urn:pulumi:shop::p::${type}::x` })),
});
const empty = stateOf("pulumi:pulumi:Stack", "pulumi:providers:kubernetes");
const settings = kubernetesSettings();
const check = async (remains: ReturnType<typeof remainsOf>, state = empty, wanted = settings) =>
  (await checkLost(remains, wanted, "shop", state)).problem;

test("claims of a stack whose state was lost are told before anything is made over them", async () => {
  const left = remainsOf(["postgres-data", "backups", "mongo-data"]);
  expect(await check(left)).toEqual({
    path: "namespace beat",
    message: expect.stringContaining(
      "left the claims mongo-data, postgres-data, which the stack's state does not know",
    ),
    fix: expect.stringMatching(/^restore the state .*: \.\/beat down --volumes --stack shop$/),
  });
});

test("a stack that is down, a new one, another's namespace and one whose passwords are known are no fault", async () => {
  const claims = ["postgres-data"];
  expect(
    await check(remainsOf(claims), stateOf("pulumi:pulumi:Stack", "pulumi:index:Stash")),
  ).toBeUndefined();
  for (const other of [{ code: 404 }, { code: 403 }, { instance: "beat-other" }])
    expect(await check(remainsOf(claims, other))).toBeUndefined();
  expect(await check(remainsOf(["backups", "backups-core-service"]))).toBeUndefined();
  const secrets = JSON.stringify({ "postgres-admin": "Password1234", "mongo-admin": "Password1234" });
  expect(
    await check(remainsOf(claims), empty, kubernetesSettings({ "platform:secrets": secrets })),
  ).toBeUndefined();
});

test("what is left of a stack is known by the label of its namespace", async () => {
  expect(await isStacks(remainsOf([]))).toBe(true);
  expect(await isStacks(remainsOf([], { instance: "beat-other" }))).toBe(false);
  expect(await isStacks(remainsOf([], { code: 404 }))).toBe(false);
  await expect(isStacks(remainsOf([], { code: 500 }))).rejects.toThrow();
});
