import { Admin } from "@platformatic/kafka";

/** The client of the watch: one try and two seconds, since it asks again by itself, and it makes no topic. */
export const watchAdmin = (bootstrap: string): Admin =>
  new Admin({
    clientId: "beat-watch",
    bootstrapBrokers: [bootstrap],
    retries: 0,
    connectTimeout: 2000,
    autocreateTopics: false,
  });
