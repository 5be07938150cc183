import { defineService } from "../define/service.ts";

/** Identity: accounts, tokens and the signing key (Go). */
export const authService = defineService({
  image: { repository: "localhost/auth-service", tag: "1.0.0" },
  repository: "https://github.com/beat-ecoprove/beat-ecoprove-auth",
  sample: "auth",
  port: 2000,
  user: "10001",
  routes: [
    {
      prefix: "/auth",
      apiVersion: 1,
      bare: ["/.well-known", "/swagger"],
      // Internal in the service's own words, yet without any authentication.
      deny: ["/api/v1/account/groups/permissions"],
      // Far above a family or an office behind one address, far below a guesser of passwords.
      rateLimit: { perClient: { rate: 50, burst: 200 } },
      concurrency: { max: 256, queue: 512, queueMs: 2_000 },
    },
  ],
  // It has no health route: every unknown path answers 500. The image has busybox wget.
  health: { probe: { http: "/.well-known/jwks.json" }, tool: "wget", startupSeconds: 60 },
  // Once the broker was away its stop waits until the group has given up its member of before, 30 s after the broker's return: a stop that
  // is cut short there leaves another such member, and nothing is read for 30 s more.
  stopGraceSeconds: 45,
  replicas: { max: 1, why: "migrations take no lock at first boot; Redis holds one session per account" },
  memoryMiB: 256,
  needs: {
    postgres: { database: "auth_service", idleInTransactionSeconds: 60 },
    redis: {},
    kafka: {
      publishes: ["auth_events", "messaging_events_email"],
      consumes: ["auth_events", "messaging_events"],
      group: "auth_consumer",
      // Its loop ends at the first error, and it stays a member.
      reconnects: false,
    },
    signingKey: { directory: "/app/www/keys" },
  },
  verify: { jwks: "/.well-known/jwks.json" },
  env: ({ port, postgres, redis, kafka, stack }) => ({
    BEAT_IDENTITY_SERVER: port,
    POSTGRES_HOST: postgres.host,
    POSTGRES_PORT: postgres.port,
    POSTGRES_DB: postgres.database,
    POSTGRES_USER: postgres.user,
    POSTGRES_PASSWORD: postgres.password,
    JWT_ISSUER: stack.jwt.issuer,
    JWT_AUDIENCE: stack.jwt.audience,
    JWT_ACCESS_EXPIRED: stack.jwt.accessMinutes,
    JWT_REFRESH_EXPIRED: stack.jwt.refreshMonths,
    REDIS_HOST: redis.host,
    REDIS_PORT: redis.port,
    REDIS_DB: redis.database,
    KAFKA_HOST: kafka.host,
    KAFKA_PORT: kafka.port,
  }),
});
