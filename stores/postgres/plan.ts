import { administratorSecret, monitorName, monitorSecret, passwordName, roleName } from "../../core/names.ts";
import { certificateFile, passwordFile, type UseContext } from "../store.ts";
import type { Cluster, External, Facts, Need } from "./facts.ts";
import type { PostgresPlanInput } from "./plan-schema.ts";

/** A PostgreSQL server and those who use it. */
export type Context = UseContext<Facts, Need, External, Cluster>;

/** Roles, databases and extensions that the services need. */
export function plan({ needs, external, address, monitored }: Context): {
  readonly plan: PostgresPlanInput;
  readonly secrets: readonly string[];
} {
  const admin = administratorSecret("postgres");
  return {
    plan: {
      kind: "postgres",
      ...address,
      admin: {
        user: external?.adminUser ?? "postgres",
        database: external?.adminDatabase ?? "postgres",
        passwordFile: passwordFile(admin),
      },
      ...(external?.ca !== undefined && { caFile: certificateFile }),
      ...(external === undefined && { alone: true }),
      roles: needs.map(({ service, renamedFrom, need: { idleInTransactionSeconds } }) => ({
        name: roleName(service),
        ...(renamedFrom && { renamedFrom: renamedFrom.map(roleName) }),
        passwordFile: passwordFile(passwordName("postgres", service)),
        ...(idleInTransactionSeconds !== undefined && { idleInTransactionSeconds }),
      })),
      ...(monitored && {
        monitor: {
          name: roleName(monitorName),
          passwordFile: passwordFile(monitorSecret("postgres")),
        },
      }),
      databases: needs.map(({ service, need: { database, renamedFrom, extensions } }) => ({
        name: database,
        owner: roleName(service),
        ...(renamedFrom && { renamedFrom: [...renamedFrom] }),
        extensions: [...extensions],
      })),
    },
    secrets: [
      admin,
      ...needs.map(({ service }) => passwordName("postgres", service)),
      ...(monitored ? [monitorSecret("postgres")] : []),
    ],
  };
}
