import { createHash } from "node:crypto";

/**
 * The id of a Kafka cluster: 16 bytes as base64url. A formatted volume refuses another one, so it depends on nothing but
 * a name that stays: brokers refuse a data directory of another cluster. As Kafka's own ids it does not begin with a dash, which its tools take for an option.
 * Source: Kafka, `org.apache.kafka.common.Uuid.randomUuid`.
 */
export const kafkaClusterId = (name: string): string =>
  createHash("sha256").update(name).digest().subarray(0, 16).toString("base64url").replace(/^-/, "A");
