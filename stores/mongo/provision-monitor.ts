import type { MongoClient } from "mongodb";
import { monitorName, roleName } from "../../core/names.ts";
import { readPassword } from "../password-file.ts";
import type { Done } from "../store.ts";
import type { MongoPlan } from "./plan-schema.ts";
import { existing } from "./provision-users.ts";

/** What the exporter may: figures of the server and of its set, and how old the oldest entry of its oplog is. Source: its README. */
const roles = [
  { role: "clusterMonitor", db: "admin" },
  { role: "read", db: "local" },
];

/**
 * Makes the login of the exporter, or takes it away where none is wanted. On a server that others use as well, nothing of that name
 * is the platform's.
 */
export async function provisionMonitor(
  client: MongoClient,
  { monitor, alone }: Pick<MongoPlan, "monitor" | "alone">,
): Promise<Done[]> {
  const name = monitor?.name ?? roleName(monitorName);
  const known = monitor !== undefined || alone ? (await existing(client, name)).length > 0 : false;
  if (monitor !== undefined) {
    await client.db("admin").command({
      [known ? "updateUser" : "createUser"]: name,
      pwd: readPassword(monitor.passwordFile),
      roles,
    });
    return [{ object: `user ${name}`, result: known ? "unchanged" : "created" }];
  }
  if (!known) return [];
  await client.db("admin").command({ dropUser: name });
  return [{ object: `user ${name}`, result: "altered", note: "dropped: no exporter runs any more" }];
}
