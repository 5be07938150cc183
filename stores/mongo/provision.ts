import { MongoClient, type MongoClientOptions } from "mongodb";
import { readPassword } from "../password-file.ts";
import { retryUntilAnswered } from "../retry-until-answered.ts";
import type { Done } from "../store.ts";
import type { MongoPlan } from "./plan-schema.ts";
import { provisionMonitor } from "./provision-monitor.ts";
import { provisionReplicaSet, retireMembers } from "./provision-replica-set.ts";
import { leftBehind, provisionUsers, refuseEmpty } from "./provision-users.ts";

/** Creates or updates the users (in `admin`, where the messaging service looks for its own) and the indexes. */
export async function provision(plan: MongoPlan): Promise<Done[]> {
  const login: MongoClientOptions = {
    auth: { username: plan.admin.user, password: readPassword(plan.admin.passwordFile) },
    authSource: "admin",
    serverSelectionTimeoutMS: 2000,
    ...(plan.caFile !== undefined && { tls: true, tlsCAFile: plan.caFile }),
  };
  if (plan.step === "retire") return await retireMembers(plan, login);
  const replicaSet = await provisionReplicaSet(plan, login);
  // With a set, its primary is found through its members: users are written there.
  const address =
    plan.replicaSet === undefined
      ? `mongodb://${plan.host}:${plan.port}/`
      : `mongodb://${plan.replicaSet.members.join(",")}/?replicaSet=${plan.replicaSet.name}`;
  const attempt = async (): Promise<MongoClient> => {
    const candidate = new MongoClient(address, login);
    try {
      await candidate.db("admin").command({ ping: 1 });
      // A ping needs no rights on a real server; this does.
      await candidate.db("admin").command({ usersInfo: 1 });
      return candidate;
    } catch (error) {
      await candidate.close();
      throw error;
    }
  };
  const client = await retryUntilAnswered(plan.waitSeconds, attempt, {
    // Source: MongoDB error codes, AuthenticationFailed.
    refused: (error) => (error as { code?: unknown }).code === 18,
    passwordFile: plan.admin.passwordFile,
  });
  try {
    const done: Done[] = [...replicaSet];
    await refuseEmpty(client, plan);
    done.push(...(await provisionUsers(client, plan)));
    done.push(...(await provisionMonitor(client, plan)));
    for (const index of plan.indexes) {
      const collection = client.db(index.database).collection(index.collection);
      const before = await collection.indexes().catch(() => []);
      await collection.createIndex(new Map(index.keys));
      const after = await collection.indexes();
      done.push({
        object: `index on ${index.database}.${index.collection}`,
        result: after.length > Math.max(before.length, 1) ? "created" : "unchanged",
      });
    }
    if (plan.alone) done.push(...(await leftBehind(client, plan)));
    return done;
  } finally {
    await client.close();
  }
}
