import { type Document, MongoClient, type MongoClientOptions, MongoServerError } from "mongodb";
import type { Done } from "../store.ts";
import { untilAnswered } from "../until-answered.ts";
import type { MongoPlan } from "./plan-schema.ts";

/** "NotYetInitialized" and "InvalidReplicaSetConfig": the member belongs to no set (MongoDB error codes). */
const withoutSet = new Set([93, 94]);

/**
 * Makes the replica set when no member has one, adds members that a set lacks, and waits for a primary. A set that any
 * member already belongs to is never made anew: its data would be lost with it.
 * @param login credentials and time-outs of the administrator.
 */
export async function provisionReplicaSet(plan: MongoPlan, login: MongoClientOptions): Promise<Done[]> {
  if (plan.replicaSet === undefined) return [];
  const { name, members } = plan.replicaSet;
  const object = `replica set ${name}`;
  const found = await untilAnswered(plan.waitSeconds, () => findSet(members, login));
  if (found === undefined) {
    await onMember(members[0] ?? "", login, (admin) =>
      admin.command({
        replSetInitiate: { _id: name, members: members.map((host, _id) => ({ _id, host })) },
      }),
    );
    await untilAnswered(plan.waitSeconds, () => findPrimary(members, login));
    return [{ object, result: "created" }];
  }
  if (found.name !== name)
    throw new Error(`${found.member} belongs to the replica set ${found.name}, the definition says ${name}`);
  const primary = await untilAnswered(plan.waitSeconds, () => findPrimary(members, login));
  const added = await onMember(primary, login, (admin) => addMembers(admin, members));
  return [{ object, result: added ? "altered" : "unchanged" }];
}

type AdminDb = ReturnType<MongoClient["db"]>;

async function onMember<T>(
  member: string,
  login: MongoClientOptions,
  work: (admin: AdminDb) => Promise<T>,
): Promise<T> {
  const client = new MongoClient(`mongodb://${member}/`, { ...login, directConnection: true });
  try {
    return await work(client.db("admin"));
  } finally {
    await client.close();
  }
}

/** The set that some member belongs to; undefined when all have answered and none does. */
async function findSet(
  members: readonly string[],
  login: MongoClientOptions,
): Promise<{ readonly name: string; readonly member: string } | undefined> {
  // `hello` needs no login, and the members that wait for their first sync know no user yet.
  const { auth: _, authSource: __, ...anonymous } = login;
  for (const member of members) {
    const hello = await onMember(member, anonymous, (admin) => admin.command({ hello: 1 }));
    if (typeof hello.setName === "string") return { name: hello.setName, member };
  }
  return undefined;
}

async function findPrimary(members: readonly string[], login: MongoClientOptions): Promise<string> {
  const { auth: _, authSource: __, ...anonymous } = login;
  for (const member of members) {
    const hello = await onMember(member, anonymous, (admin) => admin.command({ hello: 1 })).catch(
      (): Document => ({}),
    );
    if (hello.isWritablePrimary === true) return member;
  }
  throw new Error("the replica set has no primary");
}

/** Adds the members that are not in the set's configuration, one by one as the server wants it. */
async function addMembers(admin: AdminDb, members: readonly string[]): Promise<boolean> {
  let current: Document;
  try {
    current = (await admin.command({ replSetGetConfig: 1 })).config as Document;
  } catch (error) {
    if (error instanceof MongoServerError && withoutSet.has(Number(error.code))) return false;
    throw error;
  }
  const known = new Set((current.members as { host: string }[]).map(({ host }) => host));
  let added = false;
  for (const host of members) {
    if (known.has(host)) continue;
    const present = current.members as { _id: number }[];
    current = {
      ...current,
      version: Number(current.version) + 1,
      members: [...present, { _id: Math.max(...present.map(({ _id }) => _id)) + 1, host }],
    };
    await admin.command({ replSetReconfig: current });
    added = true;
  }
  return added;
}
