import { retryUntilAnswered } from "../retry-until-answered.ts";
import type { Done } from "../store.ts";

/** A member as the set's configuration has it; what else it says is kept. */
export interface SetMember {
  readonly _id: number;
  readonly host: string;
  readonly priority?: number;
}

/** The configuration of a replica set. */
export interface SetConfig {
  readonly version: number;
  readonly members: readonly SetMember[];
}

/** What is asked of a set's members. */
export interface SetClient {
  /** The member that takes writes, of these. @throws when there is none. */
  primary(members: readonly string[]): Promise<string>;
  /** The configuration that a member has; undefined when it belongs to no set. */
  config(member: string): Promise<SetConfig | undefined>;
  /** What each member is, by host: PRIMARY, SECONDARY, STARTUP2 … */
  states(member: string): Promise<ReadonlyMap<string, string>>;
  reconfigure(member: string, config: SetConfig): Promise<void>;
}

/** Which members a set shall have, and how long to wait for them. */
export interface SetArgs {
  readonly members: readonly string[];
  /** Members that there were, or may have been. */
  readonly leaving: readonly string[];
  readonly waitSeconds: number;
  /** A first sync copies everything, seconds. */
  readonly moveSeconds: number;
}

const inStep = new Set(["PRIMARY", "SECONDARY"]);

/**
 * Adds the members that a set lacks: one by one, as the server wants it, and each only after the one before has everything. Until
 * then it would be a vote without data.
 */
export async function growSet(client: SetClient, args: SetArgs): Promise<Done[]> {
  // A server that keeps no configuration has nobody to add.
  if ((await configOf(client, args)) === undefined) return [];
  const done: Done[] = [];
  for (const host of args.members) {
    const added = await change(client, args, ({ members }) =>
      members.some((member) => member.host === host)
        ? undefined
        : [...members, { _id: Math.max(...members.map(({ _id }) => _id)) + 1, host }],
    );
    if (added) done.push({ object: `member ${host}`, result: "created" });
    await untilInStep(client, args, host);
  }
  return done;
}

/**
 * Takes members out of a set before they go. One that stays takes over first: those who go would leave the set without a
 * primary. They go one by one, so that there is a majority at every step.
 */
export async function shrinkSet(client: SetClient, args: SetArgs): Promise<Done[]> {
  const { members: staying, leaving, moveSeconds } = args;
  if (leaving.length === 0) return [];
  const known = await configOf(client, args);
  const going = known?.members.filter(({ host }) => leaving.includes(host)) ?? [];
  if (known === undefined || going.length === 0) return [];
  if (!known.members.some(({ host }) => staying.includes(host)))
    throw new Error(
      `none of ${staying.join(", ")} is a member of the set, so nobody would keep its data; fix: as many members as before`,
    );
  for (const host of staying) await untilInStep(client, args, host);
  if (!staying.includes(await anyPrimary(client, args))) {
    // The server has the one with the highest priority take over, once it has everything.
    const most = Math.max(...known.members.map(({ priority = 1 }) => priority)) + 1;
    await change(client, args, ({ members }) =>
      members.map((member) => (staying.includes(member.host) ? { ...member, priority: most } : member)),
    );
    await retryUntilAnswered(moveSeconds, async () => {
      const primary = await anyPrimary(client, args);
      if (!staying.includes(primary))
        throw new Error(`${primary} shall go and is still the primary; fix: wait, then once more: ./beat up`);
    });
  }
  for (const { host } of going)
    await change(client, args, ({ members }) => {
      const left = members.filter((member) => member.host !== host);
      return left.length === members.length ? undefined : left;
    });
  // What was lent to it for the take-over.
  await change(client, args, ({ members }) =>
    members.every(({ priority = 1 }) => priority <= 1)
      ? undefined
      : members.map((member) => ({ ...member, priority: Math.min(1, member.priority ?? 1) })),
  );
  return going.map(({ host }) => ({ object: `member ${host}`, result: "altered" }));
}

const anyPrimary = (client: SetClient, { members, leaving }: SetArgs): Promise<string> =>
  client.primary([...members, ...leaving]);

const configOf = (client: SetClient, args: SetArgs): Promise<SetConfig | undefined> =>
  retryUntilAnswered(args.waitSeconds, async () => client.config(await anyPrimary(client, args)));

async function untilInStep(client: SetClient, args: SetArgs, host: string): Promise<void> {
  await retryUntilAnswered(args.moveSeconds, async () => {
    const primary = await anyPrimary(client, args);
    const state = (await client.states(primary)).get(host);
    if (!inStep.has(state ?? ""))
      throw new Error(
        `${host} is ${state ?? "no member"} and has not everything yet; fix: wait, then once more: ./beat up; if its volume is of an earlier time, give it an empty one (docs/stores.md, Scaling)`,
      );
  });
}

/**
 * Changes a set's members. The configuration is read anew at every attempt: the server makes versions of its own while a
 * member joins, and takes a change only when the one before is with the majority.
 * @returns whether there was something to change.
 */
async function change(
  client: SetClient,
  args: SetArgs,
  to: (config: SetConfig) => readonly SetMember[] | undefined,
): Promise<boolean> {
  let changed = false;
  await retryUntilAnswered(args.waitSeconds, async () => {
    const primary = await anyPrimary(client, args);
    const config = await client.config(primary);
    const members = config && to(config);
    if (config === undefined || members === undefined) return;
    await client.reconfigure(primary, { ...config, version: config.version + 1, members });
    changed = true;
  });
  return changed;
}
