import type { MongoClient } from "mongodb";
import { readPassword } from "../password-file.ts";
import type { Done } from "../store.ts";
import { isOfDrill, reservedDatabases } from "./names.ts";
import type { MongoPlan } from "./plan-schema.ts";

/** The users of some names, or all of them. */
export const existing = async (client: MongoClient, asked: string | 1): Promise<string[]> => {
  const { users } = await client.db("admin").command({ usersInfo: asked });
  return (users as { user: string }[]).map(({ user }) => user);
};

const databasesOf = async (client: MongoClient): Promise<string[]> => {
  const { databases } = await client.db("admin").command({ listDatabases: 1, nameOnly: true });
  return (databases as { name: string }[]).map(({ name }) => name);
};

/**
 * Refuses a new database for a user who has another one which nobody uses: its service would start empty, beside its data,
 * without a word. MongoDB renames no database. Where the administrator may not ask, nothing is refused.
 * @throws before anything is changed.
 */
export async function refuseEmpty(client: MongoClient, { users }: MongoPlan): Promise<void> {
  const there = await databasesOf(client).catch((): string[] => []);
  const used = users.map(({ database }) => database);
  for (const { name, database, renamedFrom } of users) {
    if (there.includes(database)) continue;
    for (const user of [name, ...renamedFrom]) {
      const found = await client.db("admin").command({ usersInfo: user });
      const roles = (found.users as { roles?: { role: string; db: string }[] }[]).flatMap(
        (known) => known.roles ?? [],
      );
      const other = roles.find(({ db }) => there.includes(db) && db !== "admin" && !used.includes(db));
      if (other === undefined) continue;
      throw new Error(
        `database ${database} is not there, and ${user} has the database ${other.db}, which no service uses any more: it would start empty; ` +
          `fix: "${other.db}" in its needs.mongo; to take what is in it along, copy it first: mongodump --db=${other.db} --archive | ` +
          `mongorestore --archive --nsFrom="${other.db}.*" --nsTo="${database}.*"; ` +
          `to start empty beside it, db.getSiblingDB("admin").revokeRolesFromUser("${user}", [${JSON.stringify(other)}])`,
      );
    }
  }
}

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
export async function leftBehind(client: MongoClient, { admin, users, monitor }: MongoPlan): Promise<Done[]> {
  const isUsed = new Set([admin.user, ...users.map(({ name }) => name), ...(monitor ? [monitor.name] : [])]);
  const names = (await existing(client, 1)).filter((name) => !isUsed.has(name)).sort();
  const needed = new Set<string>([...reservedDatabases, ...users.map(({ database }) => database)]);
  const unused = (await databasesOf(client)).filter((name) => !needed.has(name) && !isOfDrill(name)).sort();
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
