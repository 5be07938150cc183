import { definePlatform } from "./define/define.ts";
import { signUpJourney } from "./journey.ts";
import { authService } from "./services/auth.ts";
import { coreService } from "./services/core.ts";
import { messagingService } from "./services/messaging.ts";
import { topics } from "./topics.ts";

/** The Beat EcoProve platform: everything else in this repository is derived from this value. */
export const platform = definePlatform({
  name: "beat-ecoprove",
  stores: { postgres: {}, mongo: {}, redis: {}, kafka: {} },
  topics,
  services: {
    "auth-service": authService,
    "core-service": coreService,
    "messaging-service": messagingService,
  },
  gateway: {},
  journey: signUpJourney,
});

export default platform;
