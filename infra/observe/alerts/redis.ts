import type { Alerts, Case, Subject } from "./rule.ts";

const whereRedisIs = (make: (subject: Subject) => Case) => (subject: Subject) =>
  subject.platform.stores.redis === undefined ? [] : [make(subject)];

/** Redis, which has sessions and pending sign-ups. */
export const redisAlerts = {
  RedisDown: {
    severity: "critical",
    means: "Redis does not answer its exporter: nobody can sign in.",
    steps: ["`./beat status` shows whether it runs", "`./beat logs redis` shows why not"],
    cases: whereRedisIs(({ select }) => ({
      expr: `max(${select("redis_up")}) == 0`,
      for: "30s",
      summary: "Redis does not answer",
    })),
  },
  RedisMemory: {
    severity: "warning",
    means:
      "Redis has used 85 % of its memory. It evicts nothing: when it is full it refuses to write, and sign-ups fail.",
    steps: [
      "look at the stores' dashboard: keys by database; keys that never end?",
      "more is needed: `stores.redis.memoryMiB` in the definition, then `./beat up`",
    ],
    cases: whereRedisIs(({ select }) => ({
      expr: `max(${select("redis_memory_used_bytes")}) / max(${select("redis_memory_max_bytes")} > 0) > 0.85`,
      for: "1m",
      summary: "Redis is running out of memory",
    })),
  },
  RedisEvicts: {
    severity: "critical",
    means:
      "Redis has thrown keys away: sessions and pending sign-ups are lost. The platform's own never does; somebody has changed its policy.",
    steps: ["`./beat up` brings its settings back", "another Redis: set `maxmemory-policy noeviction` there"],
    cases: whereRedisIs(({ select }) => ({
      expr: `sum(increase(${select("redis_evicted_keys_total", {}, "5m")})) > 0`,
      summary: "Redis throws keys away",
    })),
  },
  RedisDoesNotPersist: {
    severity: "critical",
    means: "Redis could not write its append-only file: after a restart what is new would be gone.",
    steps: ["a full disk? `./beat doctor`, and the volumes' alerts", "`./beat logs redis` shows the error"],
    cases: whereRedisIs(({ select }) => ({
      expr: `(min(${select("redis_aof_last_write_status")}) == 0 or min(${select("redis_aof_last_bgrewrite_status")}) == 0) and max(${select("redis_aof_enabled")}) == 1`,
      for: "30s",
      summary: "Redis cannot write to its disk",
    })),
  },
  RedisConnections: {
    severity: "warning",
    means: "Redis has refused connections, or four in five of those that it takes are open.",
    steps: ["`./beat logs <service>`: a service that opens a connection for each request?"],
    cases: whereRedisIs(({ select }) => ({
      expr: `max(${select("redis_connected_clients")}) / max(${select("redis_config_maxclients")}) > 0.8 or sum(increase(${select("redis_rejected_connections_total", {}, "5m")})) > 0`,
      summary: "Redis is running out of connections",
    })),
  },
} as const satisfies Alerts;
