import { definePlatform } from "../../config/define/define.ts";
import { defineService } from "../../config/define/service.ts";

const service = defineService({
  image: { repository: "localhost/x", tag: "1" },
  sample: "basic",
  port: 7000,
  routes: [{ prefix: "/x" }],
  health: { probe: { tcp: true }, tool: "none" },
  replicas: { max: 1, why: "a test" },
  needs: {},
  env: () => ({ PORT: 7000 }),
});

/** Two services that claim the same prefix, one of them with an empty variable. */
export default definePlatform({
  name: "faulty",
  stores: {},
  topics: {},
  services: { a: service, b: { ...service, port: 7001, env: () => ({ PORT: "" }) } },
  gateway: {},
});
