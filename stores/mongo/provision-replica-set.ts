import type { MongoClientOptions } from "mongodb";
import { retryUntilAnswered } from "../retry-until-answered.ts";
import { anyStillRuns } from "../still-running.ts";
import type { Done } from "../store.ts";
import type { MongoPlan } from "./plan-schema.ts";
import { hello, onMember, setClient } from "./set-client.ts";
import { growSet, type SetArgs, shrinkSet } from "./set-steps.ts";

/**
 * Makes the replica set when no member has one, adds members that a set lacks, takes out those that have gone, and waits for a
 * primary. A set that any member already belongs to is never made anew: its data would be lost with it.
 * @param login credentials and time-outs of the administrator.
 */
export async function provisionReplicaSet(plan: MongoPlan, login: MongoClientOptions): Promise<Done[]> {
  if (plan.replicaSet === undefined) return [];
  const { name, members } = plan.replicaSet;
  const object = `replica set ${name}`;
  const found = await retryUntilAnswered(plan.waitSeconds, () => findSet(members, login));
  const client = setClient(login);
  if (found === undefined) {
    await onMember(members[0] ?? "", login, (admin) =>
      admin.command({
        replSetInitiate: { _id: name, members: members.map((host, _id) => ({ _id, host })) },
      }),
    );
    await retryUntilAnswered(plan.waitSeconds, () => client.primary(members));
    return [{ object, result: "created" }];
  }
  if (found.name !== name)
    throw new Error(`${found.member} belongs to the replica set ${found.name}, the definition says ${name}`);
  await retryUntilAnswered(plan.waitSeconds, () => client.primary(members));
  const args = argsOf(plan, plan.replicaSet);
  const changed = [...(await shrinkSet(client, args)), ...(await growSet(client, args))];
  return [{ object, result: changed.length > 0 ? "altered" : "unchanged" }, ...changed];
}

/** Takes members out of the set before they go. Where none is there any more, there is nothing to be done, and no server is asked. */
export async function retireMembers(plan: MongoPlan, login: MongoClientOptions): Promise<Done[]> {
  const set = plan.replicaSet;
  const leaving = (set?.leaving ?? []).map((member) => ({ host: member.replace(/:\d+$/, "") }));
  const done =
    set !== undefined && (await retryUntilAnswered(plan.waitSeconds, () => anyStillRuns(leaving)))
      ? await shrinkSet(setClient(login), argsOf(plan, set))
      : [];
  return done.length > 0 ? done : [{ object: "members that leave", result: "unchanged" }];
}

const argsOf = (plan: MongoPlan, set: NonNullable<MongoPlan["replicaSet"]>): SetArgs => ({
  members: set.members,
  leaving: set.leaving,
  waitSeconds: plan.waitSeconds,
  moveSeconds: plan.moveSeconds,
});

/** The set that some member belongs to; undefined when all have answered and none does. */
async function findSet(
  members: readonly string[],
  login: MongoClientOptions,
): Promise<{ readonly name: string; readonly member: string } | undefined> {
  for (const member of members) {
    const answer = await hello(member, login);
    if (typeof answer.setName === "string") return { name: answer.setName, member };
  }
  return undefined;
}
