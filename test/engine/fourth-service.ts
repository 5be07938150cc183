import { definePlatform } from "../../config/define/define.ts";
import type { PlatformModel } from "../../config/define/model.ts";
import { defineService } from "../../config/define/service.ts";
import { authService } from "../../config/services/auth.ts";
import { coreService } from "../../config/services/core.ts";
import { messagingService } from "../../config/services/messaging.ts";
import { topics } from "../../config/topics.ts";

/** A service that the platform does not have: this is all it takes to add one. */
const loyaltyService = defineService({
  image: { repository: "localhost/loyalty-service", tag: "1.0.0" },
  sample: "basic",
  port: 5000,
  routes: [{ prefix: "/loyalty", apiVersion: 1 }],
  health: { probe: { http: "/api/v1/health" }, tool: "wget" },
  replicas: { max: 1, why: "a test" },
  memoryMiB: 192,
  needs: {
    postgres: { database: "loyalty_service" },
    kafka: {
      publishes: ["loyalty_events"],
      consumes: ["auth_events", "loyalty_events"],
      group: "loyalty_consumer",
    },
  },
  env: ({ port, postgres, kafka }) => ({
    PORT: port,
    POSTGRES_HOST: postgres.host,
    POSTGRES_PORT: postgres.port,
    POSTGRES_DB: postgres.database,
    POSTGRES_USER: postgres.user,
    POSTGRES_PASSWORD: postgres.password,
    KAFKA_HOST: kafka.host,
    KAFKA_PORT: kafka.port,
    KAFKA_GROUP: "loyalty_consumer",
    KAFKA_CONSUMES: kafka.consumes.join(","),
  }),
});

export default definePlatform({
  name: "beat-ecoprove",
  stores: { postgres: {}, mongo: {}, redis: {}, kafka: {} },
  topics: { ...topics, loyalty_events: { partitions: 1 } },
  services: {
    "auth-service": authService,
    "core-service": coreService,
    "messaging-service": messagingService,
    "loyalty-service": loyaltyService,
  },
  gateway: {},
}) satisfies PlatformModel;
