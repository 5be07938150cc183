import { definePlatform } from "../../config/define/define.ts";
import { defineService } from "../../config/define/service.ts";

const service = defineService({
  image: { repository: "localhost/x", tag: "1" },
  sample: "basic",
  port: 7000,
  routes: [{ prefix: "/x" }],
  health: { probe: { tcp: true }, tool: "none" },
  replicas: { max: 1, why: "a test" },
  needs: { kafka: { publishes: ["auth_events"], consumes: ["nobody_events"], group: "x" } },
  env: ({ kafka }) => ({ PORT: 7000, KAFKA_HOST: kafka.host }),
});

/** A service that consumes a topic which the platform does not declare; it does not compile either. */
export default definePlatform({
  name: "undeclared",
  stores: { kafka: {} },
  topics: { auth_events: {} },
  // @ts-expect-error the topic is not there
  services: { x: service },
  gateway: {},
});
