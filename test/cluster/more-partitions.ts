import { definePlatform } from "../../config/define/define.ts";
import { authService } from "../../config/services/auth.ts";
import { coreService } from "../../config/services/core.ts";
import { messagingService } from "../../config/services/messaging.ts";
import { topics } from "../../config/topics.ts";

/** The platform with more partitions for one topic than it began with. */
export default definePlatform({
  name: "beat-ecoprove",
  stores: { postgres: {}, mongo: {}, redis: {}, kafka: {} },
  topics: { ...topics, messaging_chat_events: { partitions: 3 } },
  services: {
    "auth-service": authService,
    "core-service": coreService,
    "messaging-service": messagingService,
  },
  gateway: {},
});
