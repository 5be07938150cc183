import type { MongoClient } from "mongodb";
import { readPassword } from "../password-file.ts";
import type { Done } from "../store.ts";
import { reservedDatabases } from "./names.ts";
import type { MongoPlan } from "./plan-schema.ts";

const existing = async (client: MongoClient, asked: string | 1): Promise<string[]> => {
  const { users } = await client.db("admin").command({ usersInfo: asked });
  return (users as { user: string }[]).map(({ user }) => user);
};

/** Makes the users, or brings them to what they shall be; those of services that had another name can log in no more. */
export async function provisionUsers(client: MongoClient, { admin, users }: MongoPlan): Promise<Done[]> {
  const done: Done[] = [];
  const taken = new Set([admin.user, ...users.map(({ name }) => name)]);
  for (const { name, passwordFile, database, renamedFrom } of users) {
    const known = (await existing(client, name)).length > 0;
    await client.db("admin").command({
      [known ? "updateUser" : "createUser"]: name,
      pwd: readPassword(passwordFile),
      roles: [{ role: "readWrite", db: database }],
    });
    done.push({ object: `user ${name}`, result: known ? "unchanged" : "created" });
    // A user owns nothing and cannot be renamed: it goes once there is the one that takes its place.
    for (const former of renamedFrom) {
      if (taken.has(former) || (await existing(client, former)).length === 0) continue;
      await client.db("admin").command({ dropUser: former });
      done.push({ object: `user ${former}`, result: "altered", note: `dropped: it is ${name} now` });
    }
  }
  return done;
}

/** Users and databases of no service: nothing is dropped, and that is said. */
export async function leftBehind(client: MongoClient, { admin, users }: MongoPlan): Promise<Done[]> {
  const isUsed = new Set([admin.user, ...users.map(({ name }) => name)]);
  const names = (await existing(client, 1)).filter((name) => !isUsed.has(name)).sort();
  const { databases } = await client.db("admin").command({ listDatabases: 1, nameOnly: true });
  const needed = new Set<string>([...reservedDatabases, ...users.map(({ database }) => database)]);
  const unused = (databases as { name: string }[])
    .map(({ name }) => name)
    .filter((name) => !needed.has(name))
    .sort();
  const stays = (object: string, drop: string): Done => ({
    object,
    result: "unchanged",
    note: `no service uses it any more, and it stays; to drop it: ${drop}`,
  });
  const inside = (database: string) => `db.getSiblingDB(${JSON.stringify(database)})`;
  return [
    ...unused.map((name) => stays(`database ${name}`, `${inside(name)}.dropDatabase()`)),
    ...names.map((name) => stays(`user ${name}`, `${inside("admin")}.dropUser(${JSON.stringify(name)})`)),
  ];
}
