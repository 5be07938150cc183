/**
 * The Kafka topics of the platform. One partition each: messaging always produces to partition 0, and events of one
 * account must stay in order. The dotted names in older documents (`user.registered` …) are event names, not topics.
 */
export const topics = {
  auth_events: { partitions: 1 },
  messaging_events: { partitions: 1 },
  messaging_events_email: { partitions: 1 },
  messaging_chat_events: { partitions: 1 },
  messaging_notifications_events: { partitions: 1 },
} as const;
