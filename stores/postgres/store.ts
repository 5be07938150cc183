import type { Problem } from "../../core/problems.ts";
import { type Address, defineStore, type Login, type NeedOf, refs } from "../store.ts";
import { backup } from "./backup.ts";
import { exporter } from "./exporter.ts";
import { cluster, external, facts, type Need, need } from "./facts.ts";
import { plan } from "./plan.ts";
import { planSchema } from "./plan-schema.ts";
import { onCluster, onEngine } from "./workload.ts";

/** What a service's `env` is given of PostgreSQL. */
export interface PostgresRefs {
  readonly need: unknown;
  readonly refs: Address & Login;
}

/** Former names of a database that are somebody's: what is in it would be taken from that one. */
function renameProblems(needs: readonly NeedOf<Need>[]): Problem[] {
  const taken = new Map(needs.map(({ service, need }) => [need.database, service]));
  return needs.flatMap(({ service, need }) =>
    (need.renamedFrom ?? []).flatMap((former, index): Problem[] => {
      const other = taken.get(former);
      taken.set(former, service);
      if (other === undefined) return [];
      return [
        {
          path: `services.${service}.needs.postgres.renamedFrom[${index}]`,
          message: `"${former}" is or was the database of ${other}`,
          fix: "take it out: of two databases one alone can have been called so",
        },
      ];
    }),
  );
}

/** PostgreSQL with PostGIS: one database, one owner role and one password for each service. */
export const postgres = defineStore({
  title: "PostgreSQL",
  host: "postgres",
  facts,
  need,
  cluster,
  external,
  images: {
    postgres: {
      repository: "postgis/postgis",
      tag: "17-3.5",
      lifecycle: {
        source: "https://www.postgresql.org/support/versioning/",
        lines: {
          "13": "2025-11-13",
          "14": "2026-11-12",
          "15": "2027-11-11",
          "16": "2028-11-09",
          "17": "2029-11-08",
          "18": "2030-11-14",
        },
      },
    },
    postgresExporter: { repository: "prometheuscommunity/postgres-exporter", tag: "v0.20.1" },
  },
  ports: { postgres: { defaultPort: 5432, what: "PostgreSQL", variable: "POSTGRES_PORT" } },
  login: true,
  // The drill of the backups makes and drops the last one.
  reservedDatabases: ["postgres", "template0", "template1", "beat_drill"],
  refsKind: refs<PostgresRefs>(),
  refs: ({ database }, { address, login }) => ({ ...address, ...login(database) }),
  check: ({ facts, needs }) => [
    ...renameProblems(needs),
    ...(facts?.sharedMemoryMiB === undefined || facts.sharedMemoryMiB < facts.memoryMiB
      ? []
      : [
          {
            path: "stores.postgres.sharedMemoryMiB",
            message: `${facts.sharedMemoryMiB} MiB are part of the server's memory, which is ${facts.memoryMiB} MiB`,
            fix: `at most ${Math.max(64, Math.floor(facts.memoryMiB / 2))}, or more memoryMiB`,
          },
        ]),
  ],
  // pg_upgrade would want the programs of both versions in one image.
  upgrade: "dump",
  imagesUsed: () => ["postgres"],
  onEngine,
  onCluster,
  provision: { schema: planSchema, plan, load: () => import("./provision.ts") },
  backup,
  exporter,
});
