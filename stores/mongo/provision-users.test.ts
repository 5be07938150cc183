import type { MongoClient } from "mongodb";
import { expect, test } from "vitest";
import { planSchema } from "./plan-schema.ts";
import { refuseEmpty } from "./provision-users.ts";

/** As MongoDB answers; the stand-in of the tests' engine keeps no roles for each database. Source: MongoDB, "usersInfo". */
function clientWith(
  users: Readonly<Record<string, string>>,
  databases: readonly string[] | Error,
): MongoClient {
  const command = async (asked: { usersInfo?: string; listDatabases?: number }) => {
    if (asked.listDatabases !== undefined) {
      if (databases instanceof Error) throw databases;
      return { databases: databases.map((name) => ({ name })) };
    }
    const db = users[asked.usersInfo ?? ""];
    return { users: db === undefined ? [] : [{ user: asked.usersInfo, roles: [{ role: "readWrite", db }] }] };
  };
  return { db: () => ({ command }) } as unknown as MongoClient;
}

const planOf = (name: string, database: string, renamedFrom: readonly string[] = []) =>
  planSchema.parse({
    kind: "mongo",
    host: "mongo",
    port: 27017,
    admin: { user: "admin", passwordFile: "/admin" },
    users: [
      { name, database, renamedFrom, passwordFile: "/own" },
      { name: "other", database: "others", passwordFile: "/other" },
    ],
    indexes: [],
  });

test("another database is refused while the one that a service has would be left", async () => {
  const client = clientWith({ notes: "notes" }, ["admin", "notes", "others"]);
  await expect(refuseEmpty(client, planOf("notes", "memos"))).rejects.toThrow(
    /^database memos is not there, and notes has the database notes,[\s\S]*fix: "notes" in its needs\.mongo;[\s\S]*revokeRolesFromUser\("notes", \[\{"role":"readWrite","db":"notes"\}\]\)$/,
  );
  await expect(refuseEmpty(client, planOf("renamed", "memos", ["notes"]))).rejects.toThrow(
    /it would start empty/,
  );
});

test.each([
  ["its own is there", clientWith({ notes: "notes" }, ["notes", "memos"]), "memos"],
  ["what it had held nothing", clientWith({ notes: "notes" }, ["others"]), "memos"],
  ["it is new", clientWith({}, ["others"]), "memos"],
  ["what it had is another service's now", clientWith({ notes: "others" }, ["others"]), "memos"],
  ["the administrator may not ask", clientWith({ notes: "notes" }, new Error("not authorized")), "memos"],
])("nothing is refused where %s", async (_why, client, database) => {
  await refuseEmpty(client, planOf("notes", database));
});
