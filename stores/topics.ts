import { z } from "zod";
import { validText } from "../core/validation.ts";
import { replicationFactor } from "./kafka/facts.ts";
import { mostPartitions, validateTopicName } from "./kafka/topic-names.ts";

/** The name of a topic: what its store takes. */
export const topicName = validText(validateTopicName);

/** A topic as the definition writes it. */
export const topicSchema = z.strictObject({
  partitions: z.number().int().min(1).max(mostPartitions).default(1),
  replicationFactor: replicationFactor.default(1),
});
