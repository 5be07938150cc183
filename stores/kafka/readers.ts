import { z } from "zod";
import type { NeedOf, Reader, Readers } from "../store.ts";
import type { Need } from "./facts.ts";

/** How a consumer group stands, as a watch tells it. Offsets are text: they are larger than JSON's numbers. */
const reportSchema = z.object({
  groups: z.array(
    z.object({
      group: z.string(),
      members: z.number(),
      /** Topics of which a member is given partitions. */
      given: z.array(z.string()),
      partitions: z.array(
        z.object({
          topic: z.string(),
          partition: z.number(),
          /** The next record to read; -1: never committed. */
          committed: z.string(),
          start: z.string(),
          end: z.string(),
        }),
      ),
    }),
  ),
});
const answerSchema = z.union([reportSchema, z.object({ error: z.string() })]);

/** How consumer groups stand. */
export type GroupReport = z.output<typeof reportSchema>;

/** Services that consume, and whether they do. */
export const readers: Readers<Need> = {
  named: (needs) => consumers(needs).map(({ service, group }) => ({ service, name: group })),
  path: (needs) =>
    `/groups?${consumers(needs)
      .map(({ group }) => `name=${encodeURIComponent(group)}`)
      .join("&")}`,
  read: (answer, needs) => {
    const told = answerSchema.parse(JSON.parse(answer));
    return consumers(needs).map(({ service, group, topics }): Reader => {
      const reader = { service, name: group, waiting: 0, position: "" };
      if ("error" in told) return { ...reader, fault: told.error };
      const found = told.groups.find((each) => each.group === group);
      if (found === undefined || found.members === 0) return { ...reader, fault: "the group has no member" };
      const without = topics.filter((topic) => !found.given.includes(topic));
      if (without.length > 0) return { ...reader, fault: `no member is given ${without.join(", ")}` };
      // A topic that it does not read any more is nobody's business; where it has never committed, nobody knows where it begins.
      const own = found.partitions.filter(
        ({ topic, committed }) => topics.includes(topic) && committed !== "-1",
      );
      const waiting = own.reduce((sum, { committed, start, end }) => sum + behind(committed, start, end), 0n);
      return {
        ...reader,
        waiting: Number(waiting),
        position: own.map(({ topic, partition, committed }) => `${topic}/${partition}:${committed}`).join(),
      };
    });
  },
};

/** How many records wait behind an offset. */
export function behind(committed: string, start: string, end: string): bigint {
  const next = BigInt(committed) > BigInt(start) ? BigInt(committed) : BigInt(start);
  return BigInt(end) > next ? BigInt(end) - next : 0n;
}

const consumers = (needs: readonly NeedOf<Need>[]) =>
  needs.flatMap(({ service, need: { group, consumes } }) =>
    group === undefined || consumes.length === 0 ? [] : [{ service, group, topics: consumes }],
  );
