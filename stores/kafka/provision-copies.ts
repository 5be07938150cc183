import type { Admin } from "@platformatic/kafka";
import { retryUntilAnswered } from "../retry-until-answered.ts";
import type { Done } from "../store.ts";
import { placementOf } from "./placement.ts";
import {
  layoutOf,
  type Reassignment,
  reassign,
  reassignmentsUnderWay,
  type TopicLayout,
} from "./requests.ts";

/** What a topic's partitions shall have. */
export interface CopiesArgs {
  /** How many copies a topic shall have that has so many now; undefined when nobody says. */
  readonly copies: (topic: TopicLayout, now: number) => number | undefined;
  /** The brokers that may hold them; undefined: all that there are. */
  readonly brokers: readonly number[] | undefined;
  readonly waitSeconds: number;
  readonly moveSeconds: number;
}

/** Moves partitions until each topic has its copies on the brokers that may hold them, and waits until all are in step. */
export async function bringCopies(admin: Admin, args: CopiesArgs): Promise<Done[]> {
  const brokers = args.brokers;
  if (brokers !== undefined)
    await retryUntilAnswered(args.waitSeconds, async () => {
      const { brokers: alive } = await layoutOf(admin);
      const missing = brokers.filter((broker) => !alive.includes(broker));
      if (missing.length > 0)
        throw new Error(`broker ${missing.join(", ")} does not answer, and shall hold copies`);
    });
  const moves = await retryUntilAnswered(args.waitSeconds, () => movesFor(admin, args));
  if (moves.length > 0) await reassign(admin, moves);
  // Somebody else's brokers need not be asked what else they do.
  else if (brokers === undefined) return [];
  await retryUntilAnswered(args.moveSeconds, async () => {
    const left = await reassignmentsUnderWay(admin);
    if (left.length > 0)
      throw new Error(
        `partitions of ${left.join(", ")} are still being copied; fix: wait, then once more: ./beat up`,
      );
    const still = await movesFor(admin, args);
    if (still.length > 0)
      throw new Error(
        `topic ${still[0]?.topic} has not the copies that it shall have; fix: once more: ./beat up`,
      );
  });
  return [...new Set(moves.map(({ topic }) => topic))].map((topic) => ({
    object: `copies of topic ${topic}`,
    result: "altered",
  }));
}

async function movesFor(admin: Admin, { copies, brokers }: CopiesArgs): Promise<Reassignment[]> {
  const layout = await layoutOf(admin);
  const holders = brokers ?? layout.brokers;
  return layout.topics.flatMap((topic) =>
    topic.partitions.flatMap(({ partition, replicas }) => {
      const wanted = copies(topic, replicas.length);
      if (wanted === undefined) return [];
      if (wanted > holders.length)
        throw new Error(
          `topic ${topic.name} shall have ${wanted} copies and there are ${holders.length} brokers; fix: more brokers, or fewer copies`,
        );
      const placed = placementOf({ replicas, brokers: holders, copies: wanted, turn: partition });
      return placed === undefined ? [] : [{ topic: topic.name, partition, replicas: placed }];
    }),
  );
}
