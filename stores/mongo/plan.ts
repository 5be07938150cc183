import { administratorSecret, passwordName, roleName } from "../../core/names.ts";
import { certificateFile, passwordFile } from "../store.ts";
import type { MongoPlanInput } from "./plan-schema.ts";
import { type Context, membersOf, replicaSetName } from "./replica-set.ts";

/** Users and indexes that the services need; a replica set where there is one. */
export function plan(context: Context): {
  readonly plan: MongoPlanInput;
  readonly secrets: readonly string[];
} {
  const { needs, external, address } = context;
  const members = membersOf(context);
  const admin = administratorSecret("mongo");
  return {
    plan: {
      kind: "mongo",
      ...address,
      admin: { user: external?.adminUser ?? "admin", passwordFile: passwordFile(admin) },
      ...(external?.ca !== undefined && { caFile: certificateFile }),
      ...(members && { replicaSet: { name: replicaSetName, members } }),
      users: needs.map(({ service, need: { database } }) => ({
        name: roleName(service),
        passwordFile: passwordFile(passwordName("mongo", service)),
        database,
      })),
      indexes: needs.flatMap(({ need: { database, indexes } }) =>
        indexes.map(({ collection, keys }) => ({ database, collection, keys: [...keys] })),
      ),
    },
    secrets: [admin, ...needs.map(({ service }) => passwordName("mongo", service))],
  };
}
