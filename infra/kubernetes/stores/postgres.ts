import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { imageReference } from "../../../config/catalogue.ts";
import { administratorSecret, storeHosts } from "../../../core/names.ts";
import type { Secrets } from "../../secrets.ts";
import { type ClusterTarget, secret } from "../cluster.ts";
import { probeTiming, resources, startup } from "../pod.ts";
import { statefulStore } from "./stateful-store.ts";

/** The user `postgres` of the image. */
const uid = 999;
const data = "/var/lib/postgresql/data";

/** PostgreSQL with PostGIS, one member, with data checksums. */
export function createPostgres(
  target: ClusterTarget,
  secrets: Secrets,
  parent: pulumi.Resource,
): k8s.apps.v1.StatefulSet | undefined {
  const facts = target.platform.stores.postgres;
  if (facts === undefined || target.settings.external.postgres !== undefined) return undefined;
  const { volume, cpu } = target.settings.kubernetes.postgres;
  const admin = secret(
    target,
    {
      name: administratorSecret("postgres"),
      component: storeHosts.postgres,
      data: { password: secrets.get(administratorSecret("postgres")) },
    },
    parent,
  );
  // A quarter of the memory for its own cache, and what the kernel caches counted in.
  // Source: PostgreSQL 17, 19.4.1 (shared_buffers) and 19.7.2 (effective_cache_size).
  const options = {
    max_connections: String(facts.maxConnections),
    password_encryption: "scram-sha-256",
    shared_buffers: `${Math.floor(facts.memoryMiB / 4)}MB`,
    effective_cache_size: `${Math.floor((facts.memoryMiB * 3) / 4)}MB`,
    // A session that holds locks and does nothing stops everybody; services with a tighter limit have it on their role.
    idle_in_transaction_session_timeout: "10min",
    log_min_duration_statement: "-1",
    log_statement: "none",
  };
  const ask = ["sh", "-c", `pg_isready -q -h 127.0.0.1 -p ${facts.port} -U postgres -d postgres`];
  return statefulStore(
    target,
    {
      name: "postgres",
      host: storeHosts.postgres,
      replicas: 1,
      port: { name: "postgres", number: facts.port },
      volume: { name: "data", size: volume.size },
      timeoutSeconds: 300,
      pod: {
        uid,
        stopGraceSeconds: 120,
        scratch: [
          { name: "run", path: "/var/run/postgresql" },
          { name: "tmp", path: "/tmp" },
          // Parallel queries share memory; the default of 64 MB is not enough for them.
          { name: "shm", path: "/dev/shm", memory: true },
        ],
        volumes: [{ name: "admin", secret: { secretName: admin.name, defaultMode: 0o440 } }],
        containers: [
          {
            name: "postgres",
            image: imageReference("postgres", target.settings.images),
            args: [
              "postgres",
              ...Object.entries(options).flatMap(([key, value]) => ["-c", `${key}=${value}`]),
            ],
            env: [
              { name: "POSTGRES_USER", value: "postgres" },
              { name: "POSTGRES_DB", value: "postgres" },
              { name: "POSTGRES_PASSWORD_FILE", value: "/run/secrets/postgres/password" },
              { name: "POSTGRES_INITDB_ARGS", value: "--data-checksums --auth-host=scram-sha-256" },
              // A volume's root may hold lost+found, and initdb wants an empty folder.
              { name: "PGDATA", value: `${data}/pgdata` },
            ],
            ports: [{ name: "postgres", containerPort: facts.port }],
            resources: resources(facts.memoryMiB, cpu),
            // Over TCP: during the image's first boot a temporary server answers on the socket.
            startupProbe: { exec: { command: ask }, ...startup(180) },
            readinessProbe: { exec: { command: ask }, ...probeTiming.readiness },
            livenessProbe: { exec: { command: ask }, ...probeTiming.liveness },
            lifecycle: {
              // A rotated password: the local socket needs none, so the server takes over what the Secret says.
              postStart: {
                exec: {
                  command: [
                    "sh",
                    "-c",
                    [
                      "i=0",
                      `until pg_isready -q -h 127.0.0.1 -p ${facts.port} -U postgres -d postgres; do i=$((i+1)); [ $i -gt 90 ] && exit 0; sleep 1; done`,
                      `{ printf "ALTER ROLE postgres PASSWORD '"; cat /run/secrets/postgres/password; printf "';"; } | psql -q -U postgres -d postgres`,
                    ].join("\n"),
                  ],
                },
              },
            },
            volumeMounts: [
              { name: "data", mountPath: data },
              { name: "admin", mountPath: "/run/secrets/postgres", readOnly: true },
            ],
          },
        ],
      },
    },
    { parent, dependsOn: [admin.resource] },
  );
}
