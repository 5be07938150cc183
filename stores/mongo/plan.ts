import { administratorSecret, monitorName, monitorSecret, passwordName, roleName } from "../../core/names.ts";
import { certificateFile, type Provisioning, passwordFile } from "../store.ts";
import type { MongoPlanInput } from "./plan-schema.ts";
import { type Context, hostsOf, replicaSetName } from "./replica-set.ts";

const admin = administratorSecret("mongo");
/** A first sync copies everything, seconds. */
const moveSeconds = 1500;
/** What a plan on a cluster may take. */
const patience = { moveSeconds };

/** Users and indexes that the services need; a replica set where there is one. */
export function plan(context: Context): Provisioning<MongoPlanInput> {
  const { needs, external, monitored } = context;
  const set = hostsOf(context);
  return {
    plan: {
      ...serverOf(context),
      ...(external?.ca !== undefined && { caFile: certificateFile }),
      ...(set && { replicaSet: { name: replicaSetName, ...set }, ...patience }),
      ...(external === undefined && { alone: true }),
      users: needs.map(({ service, renamedFrom, need: { database } }) => ({
        name: roleName(service),
        ...(renamedFrom && { renamedFrom: renamedFrom.map(roleName) }),
        passwordFile: passwordFile(passwordName("mongo", service)),
        database,
      })),
      ...(monitored && {
        monitor: { name: roleName(monitorName), passwordFile: passwordFile(monitorSecret("mongo")) },
      }),
      indexes: needs.flatMap(({ need: { database, indexes } }) =>
        indexes.map(({ collection, keys }) => ({ database, collection, keys: [...keys] })),
      ),
    },
    secrets: [
      admin,
      ...needs.map(({ service }) => passwordName("mongo", service)),
      ...(monitored ? [monitorSecret("mongo")] : []),
    ],
    ...(set && { deadlineSeconds: moveSeconds + 300 }),
  };
}

/** What must happen before there are fewer members; undefined when there cannot be fewer. */
export function retirement(context: Context): Provisioning<MongoPlanInput> | undefined {
  const set = hostsOf(context);
  if (set === undefined || set.leaving.length === 0) return undefined;
  return {
    plan: {
      ...serverOf(context),
      step: "retire",
      replicaSet: { name: replicaSetName, ...set },
      ...patience,
      users: [],
      indexes: [],
    },
    secrets: [admin],
    deadlineSeconds: moveSeconds + 300,
  };
}

const serverOf = ({ address, external }: Context) => ({
  kind: "mongo" as const,
  ...address,
  admin: { user: external?.adminUser ?? "admin", passwordFile: passwordFile(admin) },
});
