import { text } from "../../core/value.ts";
import type { Exporter } from "../store.ts";
import type { Cluster, External, Facts, Need } from "./facts.ts";

const port = 9121;

/** Of Redis: oliver006/redis_exporter. Its histogram of every command is a hundred series for each, and nobody asks for it. */
export const exporter: Exporter<Facts, Need, External, Cluster> = {
  image: "redisExporter",
  login: false,
  parts: ({ address }) => ({
    args: ["--exclude-latency-histogram-metrics"],
    env: text({ REDIS_ADDR: `redis://${address.host}:${address.port}` }),
    files: [],
    port,
    health: { ready: { http: "/health", port, tool: "wget" } },
    memoryMiB: 64,
    user: { uid: 59000 },
  }),
};
