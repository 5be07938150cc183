import { administratorSecret } from "../../core/names.ts";
import { secretOf, text } from "../../core/value.ts";
import type { Workload } from "../../core/workload.ts";
import type { ClusterContext, EngineContext } from "../store.ts";
import type { Cluster, Facts } from "./facts.ts";

const password = secretOf(administratorSecret("postgres"));
const data = "/var/lib/postgresql/data";
/** The user `postgres` of the image. */
const uid = 999;

const options = (values: Readonly<Record<string, string>>): string[] =>
  Object.entries(values).flatMap(([key, value]) => ["-c", `${key}=${value}`]);

/** What it is on an engine and on a cluster. */
const server = {
  role: "store",
  name: "postgres",
  host: "postgres",
  image: { catalogue: "postgres" },
  members: { stateful: 1 },
  dependsOn: [],
  restartWith: [],
} as const;

/** The port is only said where it is another than the server's own, so that a server that is up is not started anew. */
const commonOptions = ({ port, maxConnections }: Facts): Record<string, string> => ({
  ...(port !== 5432 && { port: String(port) }),
  max_connections: String(maxConnections),
  password_encryption: "scram-sha-256",
});
const portFlag = ({ port }: Facts): string => (port === 5432 ? "" : ` -p ${port}`);

/**
 * Parallel queries and vacuums share memory in /dev/shm and fail when it is full; an engine gives 64 MiB.
 * Source: PostgreSQL, 18.4.1 "Shared Memory and Semaphores" (dynamic_shared_memory_type: posix).
 */
const sharedMemoryOf = ({ memoryMiB, sharedMemoryMiB }: Facts): number =>
  sharedMemoryMiB ?? Math.min(256, Math.max(64, Math.floor(memoryMiB / 2)));

/** One server of a container engine. */
export function onEngine({ facts, hostPort }: EngineContext<Facts, "postgres">): [Workload] {
  const passwordFile = "/run/secrets/postgres-admin";
  return [
    {
      ...server,
      args: ["postgres", ...options(commonOptions(facts))],
      env: text({
        POSTGRES_USER: "postgres",
        // An administrative database of its own: none of the services'.
        POSTGRES_DB: "postgres",
        POSTGRES_PASSWORD_FILE: passwordFile,
        POSTGRES_INITDB_ARGS: "--auth-host=scram-sha-256",
      }),
      files: [
        {
          name: "postgres-admin",
          volume: "admin",
          directory: "/run/secrets",
          files: { "postgres-admin": password },
        },
      ],
      endpoints: [{ name: "postgres", port: facts.port, published: hostPort("postgres") }],
      volumes: [{ name: "postgres-data", path: data }],
      health: {
        // Over TCP, with credentials: while the image's first boot runs its scripts, a temporary server already answers on
        // the socket.
        ready: {
          shell: `PGPASSWORD="$(cat ${passwordFile})" psql -h 127.0.0.1${portFlag(facts)} -U postgres -d postgres -tAqc "select 1" >/dev/null`,
        },
        startupSeconds: 120,
      },
      memoryMiB: facts.memoryMiB,
      sharedMemoryMiB: sharedMemoryOf(facts),
      stopGraceSeconds: 60,
    },
  ];
}

/** PostgreSQL with PostGIS on a cluster: one member, with data checksums. */
export function onCluster({ facts, settings }: ClusterContext<Facts, Cluster>): Workload {
  const ask = `pg_isready -q -h 127.0.0.1 -p ${facts.port} -U postgres -d postgres`;
  return {
    ...server,
    args: [
      "postgres",
      ...options({
        ...commonOptions(facts),
        // A quarter of the memory for its own cache, and what the kernel caches counted in.
        // Source: PostgreSQL 17, 19.4.1 (shared_buffers) and 19.7.2 (effective_cache_size).
        shared_buffers: `${Math.floor(facts.memoryMiB / 4)}MB`,
        effective_cache_size: `${Math.floor((facts.memoryMiB * 3) / 4)}MB`,
        // A session that holds locks and does nothing stops everybody; services with a tighter limit have it on their role.
        idle_in_transaction_session_timeout: "10min",
        log_min_duration_statement: "-1",
        log_statement: "none",
      }),
    ],
    env: text({
      POSTGRES_USER: "postgres",
      POSTGRES_DB: "postgres",
      POSTGRES_PASSWORD_FILE: "/run/secrets/postgres/password",
      POSTGRES_INITDB_ARGS: "--data-checksums --auth-host=scram-sha-256",
      // A volume's root may hold lost+found, and initdb wants an empty folder.
      PGDATA: `${data}/pgdata`,
    }),
    files: [
      {
        name: administratorSecret("postgres"),
        volume: "admin",
        directory: "/run/secrets/postgres",
        files: { password },
      },
    ],
    endpoints: [{ name: "postgres", port: facts.port }],
    volumes: [{ name: "data", path: data, size: settings.volume.size }],
    scratch: [
      { name: "run", path: "/var/run/postgresql" },
      { name: "tmp", path: "/tmp" },
    ],
    health: {
      // Over TCP: during the image's first boot a temporary server answers on the socket.
      ready: { shell: ask },
      // 1 is a server that lives and lets nobody in: it starts, or recovers after a crash of one of its processes; 2 is no answer.
      // Source: PostgreSQL, pg_isready, "Exit Status".
      alive: { shell: `${ask}; test $? -le 1` },
      startupSeconds: 180,
      // What was written since the last checkpoint is done again after a crash; who kills it then makes it begin anew.
      recoverySeconds: 3600,
    },
    deadlineSeconds: 300,
    // A rotated password: the local socket needs none, so the server takes over what the Secret says.
    afterStart: [
      "sh",
      "-c",
      [
        // As long as it recovers, and 90 s for one that says nothing.
        "i=0",
        `while :; do ${ask}; case $? in 0) break ;; 1) ;; *) i=$((i+1)); [ $i -gt 90 ] && exit 0 ;; esac; sleep 1; done`,
        `{ printf "ALTER ROLE postgres PASSWORD '"; cat /run/secrets/postgres/password; printf "';"; } | psql -q${portFlag(facts)} -U postgres -d postgres`,
      ].join("\n"),
    ],
    memoryMiB: facts.memoryMiB,
    sharedMemoryMiB: sharedMemoryOf(facts),
    cpu: settings.cpu,
    stopGraceSeconds: 120,
    user: { uid },
  };
}
