import { expect, test } from "vitest";
import { addressesOf } from "../../config/addresses.ts";
import type { PlatformModel } from "../../config/define/model.ts";
import { platform as real } from "../../config/platform.ts";
import type { Workload } from "../../core/workload.ts";
import { kubernetesSettings } from "../../test/settings.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { workloadsOf } from "./plan.ts";

const platform: PlatformModel = real;
const memberHost = (name: string, member: number | string) => `${name}-${member}`;

/** The fingerprint of what auth is started anew with. */
function after(change: {
  readonly settings?: Readonly<Record<string, string>>;
  readonly platform?: PlatformModel;
  readonly transform?: (workload: Workload) => Workload;
}): string {
  const settings = kubernetesSettings(change.settings);
  const model = change.platform ?? platform;
  const all = workloadsOf(model, { kind: "cluster", settings, id: "ns", memberHost }, change.transform);
  const { restartWith } = all.find(({ name }) => name === "auth-service") as Workload;
  return fingerprintOf(
    all.filter(({ host }) => restartWith.includes(host)),
    { settings, addresses: addressesOf(model, settings) },
  );
}

const kafka = (change: Partial<Workload>) => (workload: Workload) =>
  workload.role === "store" && workload.name === "kafka" ? { ...workload, ...change } : workload;

test("what a service is started anew with changes with the brokers, by image, memory, probe or grace, and with the topics", () => {
  const changes = [
    after({}),
    after({ settings: { "platform:images": JSON.stringify({ overrides: { kafka: { tag: "4.3.2" } } }) } }),
    after({ settings: { "platform:images": JSON.stringify({ mirror: "mirror.example.org" }) } }),
    after({ settings: { "platform:kubernetes": JSON.stringify({ kafka: { brokers: 1 } }) } }),
    after({ transform: kafka({ memoryMiB: 2048 }) }),
    after({ transform: kafka({ stopGraceSeconds: 5 }) }),
    after({
      platform: {
        ...platform,
        topics: { ...platform.topics, more: { partitions: 1, replicationFactor: 1 } },
      },
    }),
  ];
  expect(new Set(changes).size).toBe(changes.length);
});

test("it does not change with what restarts no broker", () => {
  expect(
    after({ settings: { "platform:images": JSON.stringify({ overrides: { redis: { tag: "8.0.1" } } }) } }),
  ).toBe(after({}));
  expect(after({ settings: { "platform:registry": "registry.example.org/beat" } })).toBe(after({}));
  expect(
    after({
      transform: (workload) => (workload.name === "core-service" ? { ...workload, memoryMiB: 64 } : workload),
    }),
  ).toBe(after({}));
});
