import { expect, test } from "vitest";
import { movedStack, movedTarget, type Place } from "./moved.ts";
import type { StateResource } from "./stack-state.ts";

const resource = (type: string, outputs: object): StateResource => ({
  urn: `urn:pulumi:prod::beat-ecoprove::${type}::x`,
  type,
  outputs: outputs as StateResource["outputs"] & object,
});
const labels = { "app.kubernetes.io/instance": "beat-prod" };
const namespace = resource("kubernetes:core/v1:Namespace", { metadata: { name: "beat-prod", labels } });
const claim = resource("kubernetes:core/v1:PersistentVolumeClaim", {
  metadata: { name: "data-postgres-0", namespace: "beat-prod", labels },
});
const volume = resource("docker:index/volume:Volume", {
  name: "beat-prod-redis-data",
  labels: [{ label: "org.beat-ecoprove.stack", value: "beat-prod" }],
});
const cluster: Place = { target: "kubernetes", platform: "beat", stack: "prod", namespace: "beat-prod" };
const engine: Place = { ...cluster, target: "docker" };

test("a stack stays where it was made; a new one goes anywhere", () => {
  for (const place of [cluster, engine]) expect(movedStack([], place)).toBeUndefined();
  for (const kept of [namespace, claim]) expect(movedStack([kept], cluster)).toBeUndefined();
  expect(movedStack([volume], engine)).toBeUndefined();
});

test("another namespace is refused by the setting that makes it, also when only claims are left", () => {
  for (const kept of [namespace, claim])
    expect(movedStack([kept], { ...cluster, namespace: "other" })).toMatchObject({
      path: "platform:kubernetes.namespace",
      message: "prod was made in the namespace beat-prod, and its data would not come along to other",
      fix: expect.stringMatching(
        /^pulumi config set --path platform:kubernetes\.namespace beat-prod --stack prod;/,
      ) as string,
    });
});

test("another name of the stack or of the definition is refused with the name it had", () => {
  for (const [kept, place] of [
    [namespace, cluster],
    [volume, engine],
  ] as const) {
    expect(movedStack([kept], { ...place, stack: "live" })).toMatchObject({
      path: "stack",
      fix: expect.stringMatching(/^pulumi stack rename prod --stack live;/) as string,
    });
    expect(movedStack([kept], { ...place, platform: "ecoprove" })?.fix).toMatch(/its name back: "beat";/);
  }
});

test("another target is refused", () => {
  expect(movedStack([volume], cluster)?.fix).toMatch(
    /^pulumi config set platform:target docker --stack prod;/,
  );
  expect(movedStack([namespace], engine)?.path).toBe("platform:target");
});

test("and is known without the rest of the settings", () => {
  expect(movedTarget([volume], cluster)).toEqual(movedStack([volume], cluster));
  for (const state of [[], [volume]]) expect(movedTarget(state, engine)).toBeUndefined();
});
