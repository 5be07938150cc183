import type Docker from "dockerode";
import { expect, test } from "vitest";
import { componentLabel } from "../labels.ts";
import { EngineUsage } from "./usage.ts";

/** As an engine tells it, with cgroups of version 2 and of version 1. */
const stats = (seconds: number, second: number, cached: object) => ({
  read: `2026-11-28T16:00:0${second}.000000000Z`,
  cpu_stats: { cpu_usage: { total_usage: seconds * 1e9 } },
  memory_stats: { usage: 100 << 20, limit: 256 << 20, stats: cached },
});
const idle = { read: "0001-01-01T00:00:00Z", cpu_stats: { cpu_usage: { total_usage: 0 } }, memory_stats: {} };

function meterOf(readings: Record<string, object[]>) {
  const engine = {
    listContainers: async () =>
      Object.entries(readings).map(([name, given]) => ({
        Id: name,
        Names: [`/p-${name}`],
        Labels: { [componentLabel]: name },
        Image: "i",
        State: given.length > 0 ? "running" : "exited",
        Status: given.length > 0 ? "Up 3 hours (healthy)" : "Exited (0) 2 hours ago",
        Ports: [],
      })),
    getContainer: (name: string) => ({
      inspect: async () => {
        if (name === "gone") throw new Error("no such container");
        return { RestartCount: 2 };
      },
      stats: async () => readings[name]?.shift(),
    }),
  };
  return new EngineUsage(engine as unknown as Docker, "p");
}

test("use is what has come since the last reading, without what the kernel can take back", async () => {
  const meter = meterOf({
    a: [stats(10, 0, { inactive_file: 40 << 20 }), stats(11, 2, { inactive_file: 40 << 20 })],
    b: [stats(1, 0, { total_inactive_file: 1 << 20 }), stats(1, 2, {})],
    c: [idle, idle],
    gone: [idle, idle],
    "provision-x": [],
  });
  const first = await meter.measure();
  expect(first[0]).toMatchObject({ name: "a", ok: true, cpu: undefined, memoryBytes: 60 << 20, restarts: 2 });
  const [a, b, c, gone, provision] = await meter.measure();
  expect(a).toMatchObject({ cpu: 0.5, memoryBytes: 60 << 20, memoryLimitBytes: 256 << 20 });
  expect(b).toMatchObject({ cpu: 0, memoryBytes: 100 << 20 });
  // An engine whose machine counts nothing.
  expect(c).toMatchObject({
    cpu: undefined,
    memoryBytes: undefined,
    memoryLimitBytes: undefined,
    restarts: 2,
  });
  expect(gone).toEqual({ name: "gone", ok: true, status: "Up 3 hours (healthy)" });
  expect(provision).toEqual({
    ...{ name: "provision-x", ok: true, ended: true, status: "Exited (0) 2 hours ago" },
    restarts: 2,
  });
});
