import { expect, test } from "vitest";
import { deletedClaims, namespaceGoes } from "./deleted-claims.ts";
import type { StateResource } from "./stack-state.ts";

const of = (type: string, name: string, more: Partial<StateResource> = {}): StateResource => ({
  urn: `urn:pulumi:prod::beat-ecoprove::kubernetes:core/v1:${type}::${name}`,
  type: `kubernetes:core/v1:${type}`,
  ...more,
});
const claim = "PersistentVolumeClaim";
const namespace = of("Namespace", "namespace", { retainOnDelete: true });

test("a claim that the state does not keep is deleted with the stack", () => {
  const found = [
    namespace,
    of(claim, "data-redis-0"),
    of(claim, "data-mongo-0"),
    of(claim, "backups", { retainOnDelete: true }),
    of(claim, "pinned", { protect: true }),
    of(claim, "theirs", { external: true }),
    of("ConfigMap", "redis"),
  ];
  expect(deletedClaims(found)).toEqual(["data-mongo-0", "data-redis-0"]);
});

test("a namespace that goes takes the kept claims with it", () => {
  const found = [of("Namespace", "namespace"), of(claim, "backups", { retainOnDelete: true })];
  expect(deletedClaims(found)).toEqual(["backups"]);
});

test("nothing goes where all is kept", () => {
  expect(deletedClaims([namespace, of(claim, "backups", { retainOnDelete: true })])).toEqual([]);
});

test("the namespace goes where an earlier version's state does not keep it, and only ours", () => {
  expect(namespaceGoes([namespace])).toBe(false);
  expect(namespaceGoes([of("Namespace", "namespace")])).toBe(true);
  expect(namespaceGoes([of("Namespace", "theirs", { external: true })])).toBe(false);
});
