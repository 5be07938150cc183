import type { UseContext } from "../store.ts";
import type { Cluster, External, Facts, Need } from "./facts.ts";

/** The name of the platform's replica set. */
export const replicaSetName = "rs0";
/** The secret by which its members know each other; 6 to 1024 base64 characters. Source: MongoDB manual, keyfile security. */
export const keyfileSecret = "mongo-keyfile";

/** A MongoDB server or set and those who use it. */
export type Context = UseContext<Facts, Need, External, Cluster>;

/** The most members that settings know: so many there may have been. */
const most = 3;

/**
 * The members of the set as clients reach them; undefined when one server stands alone, or somebody else runs it. On a cluster
 * one member is a set, too: others can join it.
 */
export const membersOf = (context: Context): string[] | undefined => hostsOf(context)?.members;

/** The members of the set, and those that there may have been before. */
export function hostsOf({
  facts,
  cluster,
  external,
}: Context): { readonly members: string[]; readonly leaving: string[] } | undefined {
  if (external !== undefined || cluster === undefined) return undefined;
  const hosts = Array.from(
    { length: most },
    (_, member) => `${cluster.memberHost("mongo", member)}:${facts.port}`,
  );
  const { members } = cluster.settings;
  return { members: hosts.slice(0, members), leaving: hosts.slice(members) };
}
