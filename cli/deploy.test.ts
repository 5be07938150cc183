import { expect, test } from "vitest";
import { requireKnown, waitFor } from "./deploy.ts";

test("whoever interrupts while it is waited for an answer is not told of a stack that is up", async () => {
  const controller = new AbortController();
  const live = { phase: () => {}, stop: () => {}, ended: controller.signal };
  // As the targets do: they ask no more.
  const target = {
    untilAnswering: (_: unknown, ended?: AbortSignal) =>
      new Promise<void>((resolve) => ended?.addEventListener("abort", () => resolve())),
  };
  const waits = waitFor(target, { app: "http://localhost" }, live);
  controller.abort();
  await expect(waits).rejects.toThrow(/^interrupted: .*\.\/beat status/);
  await expect(
    waitFor({ untilAnswering: async () => {} }, {}, { ...live, ended: new AbortController().signal }),
  ).resolves.toBeUndefined();
});

test("of a lost state on a cluster, down deletes all or nothing: what runs there cannot be told from its data", () => {
  const place = { place: () => ({ namespace: "beat" }) as never };
  const lost = { name: "shop", made: true, target: place };
  expect(() => requireKnown(lost, false)).toThrow(
    /namespace beat[\s\S]*\.\/beat down --volumes --stack shop/,
  );
  expect(() => requireKnown(lost, true)).not.toThrow();
  expect(() => requireKnown({ ...lost, made: false }, false)).not.toThrow();
  expect(() => requireKnown({ ...lost, target: { place: () => undefined } }, false)).not.toThrow();
});
