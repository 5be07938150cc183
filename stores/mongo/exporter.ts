import { monitorName, monitorSecret, roleName } from "../../core/names.ts";
import { asValue, secretOf } from "../../core/value.ts";
import type { Exporter } from "../store.ts";
import type { Cluster, External, Facts, Need } from "./facts.ts";

const port = 9216;

/**
 * Of MongoDB: percona/mongodb_exporter, by the names that it has had since its first version. One connection that stays: of a
 * replica set it tells what the member at its other end knows, which has no primary to ask for.
 */
export const exporter: Exporter<Facts, Need, External, Cluster> = {
  image: "mongoExporter",
  login: true,
  parts: ({ address }) => ({
    args: [
      "--compatible-mode",
      "--mongodb.global-conn-pool",
      "--collector.diagnosticdata",
      "--collector.replicasetstatus",
      "--collector.dbstats",
    ],
    env: {
      MONGODB_URI: asValue(`mongodb://${address.host}:${address.port}/?authSource=admin&maxPoolSize=1`),
      MONGODB_USER: asValue(roleName(monitorName)),
      // It reads no file.
      MONGODB_PASSWORD: secretOf(monitorSecret("mongo")),
    },
    files: [],
    port,
    health: { ready: { http: "/", port } },
    // Its image has nothing but itself: that it can be started is all that an engine is told. A scraper tells the rest.
    engineHealth: { ready: { exec: ["/mongodb_exporter", "--version"] } },
    memoryMiB: 96,
    user: { uid: 65535 },
  }),
};
