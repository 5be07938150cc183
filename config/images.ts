/**
 * The one catalogue of third-party images, pinned by version. A stack overrides an entry by tag, digest or whole
 * reference, or points all of them at a mirror (`platform:images` in Pulumi.<stack>.yaml).
 */
export const images = {
  postgres: { repository: "postgis/postgis", tag: "17-3.5" },
  mongo: { repository: "mongo", tag: "8.0" },
  redis: { repository: "redis", tag: "8.0-alpine" },
  redisStack: { repository: "redis/redis-stack", tag: "7.4.0-v8" },
  kafka: { repository: "apache/kafka", tag: "4.0.1" },
  // Carries backups to a bucket.
  rclone: { repository: "rclone/rclone", tag: "1.76.0" },
  mongoExpress: { repository: "mongo-express", tag: "1.0.2" },
  // The base of our own images; the sample service is probed with its wget.
  node: { repository: "node", tag: "24-alpine" },
} as const;

/** A name of the image catalogue. */
export type ImageName = keyof typeof images;

/** The names of the image catalogue, in a stable order. */
export const imageNames = Object.keys(images) as ImageName[];
