import type { UseContext } from "../store.ts";
import type { Cluster, External, Facts, Need } from "./facts.ts";

/** The name of the platform's replica set. */
export const replicaSetName = "rs0";
/** The secret by which its members know each other; 6 to 1024 base64 characters. Source: MongoDB manual, keyfile security. */
export const keyfileSecret = "mongo-keyfile";

/** A MongoDB server or set and those who use it. */
export type Context = UseContext<Facts, Need, External, Cluster>;

/** The members of the set as clients reach them; undefined when one server stands alone, or somebody else runs it. */
export function membersOf({ facts, cluster, external }: Context): string[] | undefined {
  if (external !== undefined || cluster === undefined || cluster.settings.members === 1) return undefined;
  return Array.from(
    { length: cluster.settings.members },
    (_, member) => `${cluster.memberHost("mongo", member)}:${facts.port}`,
  );
}
