import { type Address, defineStore, refs } from "../store.ts";
import { exporter } from "./exporter.ts";
import { cluster, external, facts, need } from "./facts.ts";
import { onCluster, onEngine } from "./workload.ts";

/** What a service's `env` is given of Redis. */
export interface RedisRefs {
  readonly need: unknown;
  readonly refs: Address & { readonly database: number };
}

/** Redis: its clients know no password, so that who may connect is all the protection there is. */
export const redis = defineStore({
  title: "Redis",
  host: "redis",
  facts,
  need,
  cluster,
  external,
  images: {
    redis: {
      repository: "redis",
      tag: "8.0-alpine",
      lifecycle: {
        source: "https://github.com/redis/redis/security, by https://endoflife.date/redis",
        lines: { "7.0": "2024-07-29", "8.0": "2026-02-11" },
      },
    },
    redisExporter: { repository: "oliver006/redis_exporter", tag: "v1.88.0-alpine" },
  },
  ports: { redis: { defaultPort: 6379, what: "Redis", variable: "REDIS_PORT" } },
  login: false,
  refsKind: refs<RedisRefs>(),
  refs: ({ database }, { address }) => ({ ...address, database }),
  upgrade: "upward",
  imagesUsed: () => ["redis"],
  onEngine,
  onCluster,
  // Services make their keys themselves.
  provision: undefined,
  // What it holds lives for minutes; its own file carries it over a restart.
  backup: undefined,
  exporter,
});
