import { value } from "../../core/value.ts";
import { defineService } from "../define/service.ts";

/** Profiles, closets, stores and orders (.NET). */
export const coreService = defineService({
  image: { repository: "localhost/core-service", tag: "1.0.0" },
  repository: "https://github.com/beat-ecoprove/beat-ecoprove-core",
  sample: "core",
  port: 3000,
  routes: [
    {
      prefix: "/core",
      apiVersion: 1,
      // `/core/public/adverts` is an API path, only pictures are static.
      bare: ["/swagger", { path: "/public", suffixes: [".png"] }],
      concurrency: { max: 256, queue: 512, queueMs: 2_000 },
    },
    // Links that core writes into its JSON lack the `/core` prefix.
    { prefix: "/public", strip: false },
  ],
  health: { probe: { http: "/api/v1/health" }, tool: "bash", startupSeconds: 90 },
  stopGraceSeconds: 35,
  replicas: { max: 1, why: "uploads lie on a volume that one container writes" },
  memoryMiB: 512,
  needs: {
    postgres: { database: "core_service", extensions: ["postgis", "postgis_topology"] },
    redis: {},
    kafka: {
      publishes: ["auth_events", "messaging_events_email"],
      consumes: ["auth_events"],
      group: "core_auth_consumers",
    },
    calls: ["auth-service"],
    volumes: [{ name: "core-public", path: "/app/public" }],
  },
  env: ({ port, postgres, redis, kafka, calls, stack }) => ({
    ASPNETCORE_URLS: value`http://+:${port}`,
    ASPNETCORE_ENVIRONMENT: stack.environment,
    ASPNETCORE_FORWARDEDHEADERS_ENABLED: "true",
    JWKS_URL: value`http://${calls["auth-service"].host}:${calls["auth-service"].port}/.well-known/jwks.json`,
    POSTGRES_HOST: postgres.host,
    POSTGRES_PORT: postgres.port,
    POSTGRES_DB: postgres.database,
    POSTGRES_USER: postgres.user,
    POSTGRES_PASSWORD: postgres.password,
    REDIS_HOST: redis.host,
    REDIS_PORT: redis.port,
    // Not REDIS_DB: core has a name of its own.
    REDIS_DATABASE: redis.database,
    KAFKA_HOST: kafka.host,
    KAFKA_PORT: kafka.port,
  }),
});
