import { type Document, MongoClient, type MongoClientOptions, MongoServerError } from "mongodb";
import type { SetClient, SetConfig } from "./set-steps.ts";

/** "NotYetInitialized" and "InvalidReplicaSetConfig": the member belongs to no set (MongoDB error codes). */
const withoutSet = new Set([93, 94]);

/** The administrator's database of one member. */
export type AdminDb = ReturnType<MongoClient["db"]>;

/** Does something on one member, whatever it is in its set. */
export async function onMember<T>(
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

/** What a member says of itself. `hello` needs no login, and the members that wait for their first sync know no user yet. */
export function hello(member: string, login: MongoClientOptions): Promise<Document> {
  const { auth: _, authSource: __, ...anonymous } = login;
  return onMember(member, anonymous, (admin) => admin.command({ hello: 1 }));
}

/** The members of a set that is there, asked as its administrator. */
export const setClient = (login: MongoClientOptions): SetClient => ({
  async primary(members) {
    for (const member of members) {
      const answer = await hello(member, login).catch((): Document => ({}));
      if (answer.isWritablePrimary === true) return member;
    }
    throw new Error("the replica set has no primary");
  },
  config: (member) =>
    onMember(member, login, async (admin) => {
      try {
        return (await admin.command({ replSetGetConfig: 1 })).config as SetConfig;
      } catch (error) {
        if (error instanceof MongoServerError && withoutSet.has(Number(error.code))) return undefined;
        throw error;
      }
    }),
  states: (member) =>
    onMember(member, login, async (admin) => {
      const { members } = await admin.command({ replSetGetStatus: 1 });
      return new Map(
        (members as { name: string; stateStr: string }[]).map(({ name, stateStr }) => [name, stateStr]),
      );
    }),
  reconfigure: (member, config) =>
    onMember(member, login, async (admin) => {
      await admin.command({ replSetReconfig: config });
    }),
});
