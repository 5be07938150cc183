import { consumerWatchName } from "../../core/names.ts";
import { watchPort } from "../../core/ports.ts";
import { asValue, hostOf, memberOf, portOf, value } from "../../core/value.ts";
import type { StoreWatch, WatchContext } from "../store.ts";
import type { Need } from "./facts.ts";
import { kafkaHost } from "./host.ts";

/**
 * For services whose consumer dies with a broker and says nothing: they are started anew after the brokers and the topics
 * were, and a watch knows whether the consumer still belongs to its group and reads on: beside it in its pod, or a container.
 */
export function watchOf({ service, need, port, host }: WatchContext<Need>): StoreWatch | undefined {
  if (need.reconnects === true) return undefined;
  if (need.group === undefined) return { restarts: true };
  return {
    restarts: true,
    sidecar: {
      name: consumerWatchName,
      image: { program: "provision" },
      args: ["watch", "kafka"],
      env: {
        WATCH_BOOTSTRAP: value`${hostOf(kafkaHost)}:${portOf(kafkaHost)}`,
        WATCH_GROUP: asValue(need.group),
        WATCH_SERVICE: asValue(service),
        ...(need.consumes.length > 0 && { WATCH_TOPICS: asValue(need.consumes.join(",")) }),
        ...(host === undefined ? { WATCH_ADDRESS: memberOf("address") } : { WATCH_HOST: asValue(host) }),
        WATCH_SERVICE_PORT: asValue(port),
        WATCH_PORT: asValue(watchPort),
        ...(need.reconnects === false && { WATCH_ENDS_WITH_BROKER: asValue("true") }),
      },
      endpoint: { name: "watch", port: watchPort, scope: "monitoring" },
      alive: { http: "/live", port: watchPort },
      dead: "/dead",
      memoryMiB: 128,
      cpu: "10m",
    },
  };
}
