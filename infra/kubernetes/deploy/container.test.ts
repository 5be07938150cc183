import { expect, test } from "vitest";
import { asValue, memberOf, secretOf, value } from "../../../core/value.ts";
import type { Workload } from "../../../core/workload.ts";
import { containerOf, sidecarOf, variables } from "./container.ts";

const target = { addresses: new Map() } as unknown as Parameters<typeof variables>[0];

test("no variable, command, argument or probe is what the kubelet would make of it", () => {
  const text = "p$$w $(HOME)";
  const written = "p$$$$w $$(HOME)";
  expect(variables(target, { A: asValue(text), B: asValue("a$b") })).toEqual([
    { name: "A", value: written },
    { name: "B", value: "a$b" },
  ]);
  const workload = {
    name: "a",
    image: { reference: "a:1" },
    entrypoint: ["sh", "-c", text],
    args: [text],
    endpoints: [],
    health: { ready: { exec: [text] }, alive: { shell: text }, startupSeconds: 10 },
    members: { replicas: 1 },
  } as unknown as Workload;
  const parts = { name: "a", env: [], mounts: [] };
  const place = { ...target, settings: { images: { overrides: {} } } } as typeof target;
  expect(containerOf(place, workload, parts)).toMatchObject({
    command: ["sh", "-c", written],
    args: [written],
    startupProbe: { exec: { command: [written] } },
    livenessProbe: { exec: { command: ["sh", "-c", written] } },
  });
  const sidecar = {
    name: "s",
    image: { reference: "a:1" },
    args: [text],
    env: {},
    endpoint: { name: "s", port: 1 },
    memoryMiB: 32,
    cpu: "10m",
  };
  expect(sidecarOf(place, sidecar)).toMatchObject({ args: [written] });
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
