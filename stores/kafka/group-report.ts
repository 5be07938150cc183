import type { Admin } from "@platformatic/kafka";
import type { GroupReport } from "./readers.ts";
import { watchAdmin } from "./watch-admin.ts";

/** Asks for groups by name. @throws when Kafka does not answer. */
export type AskReport = (groups: readonly string[]) => Promise<GroupReport>;

/** What each group was given and how far it has come, whoever its members are. */
export function askReport(bootstrap: string): AskReport {
  const admin = watchAdmin(bootstrap);
  return async (groups) => {
    const described = await admin.describeGroups({ groups: [...groups] });
    const committed = await admin.listConsumerGroupOffsets({ groups: [...groups] });
    const known = groups.map((group) => {
      const members = [...(described.get(group)?.members.values() ?? [])];
      const commits = new Map(
        (committed.find(({ groupId }) => groupId === group)?.topics ?? []).flatMap(({ name, partitions }) =>
          partitions.map((each): [string, bigint] => [
            `${name}/${each.partitionIndex}`,
            each.committedOffset,
          ]),
        ),
      );
      const given = members.flatMap(({ assignments }) =>
        [...(assignments?.values() ?? [])].flatMap(({ topic, partitions }) =>
          partitions.map((partition) => `${topic}/${partition}`),
        ),
      );
      return { group, members: members.length, commits, given };
    });
    const all = [...new Set(known.flatMap(({ commits, given }) => [...commits.keys(), ...given]))].map(split);
    const [ends, starts] = await Promise.all([offsets(admin, all, -1n), offsets(admin, all, -2n)]);
    return {
      groups: known.map(({ group, members, commits, given }) => ({
        group,
        members,
        given: [...new Set(given.map((place) => split(place).topic))],
        partitions: [...new Set([...commits.keys(), ...given])].map((place) => ({
          ...split(place),
          committed: String(commits.get(place) ?? -1n),
          start: String(starts.get(place) ?? 0n),
          end: String(ends.get(place) ?? 0n),
        })),
      })),
    };
  };
}

interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

function split(place: string): TopicPartition {
  const at = place.lastIndexOf("/");
  return { topic: place.slice(0, at), partition: Number(place.slice(at + 1)) };
}

/** Source: Kafka protocol, ListOffsets: -1 is the end, -2 the first record that is there. */
async function offsets(
  admin: Admin,
  places: readonly TopicPartition[],
  timestamp: bigint,
): Promise<ReadonlyMap<string, bigint>> {
  if (places.length === 0) return new Map();
  const topics = [...new Set(places.map(({ topic }) => topic))].map((name) => ({
    name,
    partitions: places
      .filter(({ topic }) => topic === name)
      .map(({ partition }) => ({ partitionIndex: partition, timestamp })),
  }));
  const found = await admin.listOffsets({ topics });
  return new Map(
    found.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, offset }): [string, bigint] => [`${name}/${partitionIndex}`, offset]),
    ),
  );
}
