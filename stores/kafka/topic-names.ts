import type { Invalid } from "../../core/validation.ts";

/** The longest name; files of a topic are called after it. Source: Kafka, org.apache.kafka.common.internals.Topic. */
const longest = 249;

/** Why a text is no name of a topic; undefined when it is one. */
export function validateTopicName(name: string): Invalid | undefined {
  if (name === "." || name === "..")
    return 'must not be "." or "..": brokers keep a topic in a folder of that name';
  if (name.length > longest) return `has ${name.length} characters, and a topic's name at most ${longest}`;
  if (!/^[A-Za-z0-9._-]+$/.test(name)) return "must be a Kafka topic name: letters, digits, '.', '_' and '-'";
  if (name.startsWith("__"))
    return { message: 'must not begin with "__", as topics of Kafka\'s own do', write: name.slice(2) };
  return undefined;
}

/** What a topic is called among the metrics: brokers refuse a second topic of that name (Kafka, Topic.hasCollision). */
export const metricName = (topic: string): string => topic.replaceAll(".", "_");

/** The most partitions that a broker makes at once, room for the topics left. Source: Kafka, QuorumController.MAX_RECORDS_PER_USER_OP. */
export const mostPartitions = 9_000;
