import { expect, test } from "vitest";
import { redis } from "./store.ts";

test.each([256, 1000])(
  "redis of %i MiB says that it is full before the kernel kills it, on both targets",
  (memoryMiB) => {
    const facts = redis.facts.parse({ memoryMiB });
    const [engine] = redis.onEngine({ facts, id: "x", devTools: false, hostPort: () => false });
    const settings = redis.cluster.parse({});
    const cluster = redis.onCluster({ facts, settings, id: "x", memberHost: (workload) => workload });
    for (const { args = [], memoryMiB: limit } of [engine, cluster]) {
      expect(limit).toBe(memoryMiB);
      expect(args.join(" ")).toContain(`--maxmemory ${Math.floor(memoryMiB * 0.6)}mb`);
      expect(args.join(" ")).toContain("--maxmemory-policy noeviction");
    }
  },
);
