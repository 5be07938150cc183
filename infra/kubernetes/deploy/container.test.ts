import { expect, test } from "vitest";
import { asValue, memberOf, secretOf, value } from "../../../core/value.ts";
import { variables } from "./container.ts";

const target = { addresses: new Map() } as unknown as Parameters<typeof variables>[0];

test.each([
  ["plain", "plain"],
  ["a$b ${X}", "a$b ${X}"],
  ["$(HOME)", "$$(HOME)"],
  ["a$$b", "a$$$$b"],
])("the kubelet gives %j to the container as it was written", (text, written) => {
  expect(variables(target, { A: asValue(text) })).toEqual([{ name: "A", value: written }]);
});

test("what only a pod knows is a field of the pod, and never loses text beside it", () => {
  expect(variables(target, { A: memberOf("address") })).toEqual([
    { name: "A", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
  ]);
  expect(() => variables(target, { A: value`http://${memberOf("address")}:80` })).toThrow(
    /A joins what only a pod knows/,
  );
});

test("a secret that no object keeps is an error, not an empty variable", () => {
  expect(() => variables(target, { A: secretOf("postgres-admin") })).toThrow(
    /A holds the secret postgres-admin/,
  );
});
