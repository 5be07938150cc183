import { monitorName, monitorSecret, roleName } from "../../core/names.ts";
import { secretOf, text } from "../../core/value.ts";
import type { Exporter } from "../store.ts";
import type { Cluster, External, Facts, Need } from "./facts.ts";

const port = 9187;
const directory = "/run/secrets/monitor";

/**
 * What is off has labels that grow with what clients do: names that they choose for their connections (`stat_activity`), and tables,
 * which it would read of the administrator's own database alone. Connections are counted by database, which is by service.
 */
const args = [
  "--no-collector.stat_activity",
  "--no-collector.stat_user_tables",
  "--no-collector.statio_user_tables",
  "--collector.stat_checkpointer",
  "--collector.long_running_transactions",
  "--collector.postmaster",
];

/** Of PostgreSQL: prometheuscommunity/postgres-exporter. */
export const exporter: Exporter<Facts, Need, External, Cluster> = {
  image: "postgresExporter",
  login: true,
  parts: ({ address: { host, port: at } }) => ({
    args,
    env: text({
      DATA_SOURCE_URI: `${host}:${at}/postgres?sslmode=disable`,
      DATA_SOURCE_USER: roleName(monitorName),
      DATA_SOURCE_PASS_FILE: `${directory}/password`,
    }),
    files: [{ volume: "login", directory, files: { password: secretOf(monitorSecret("postgres")) } }],
    port,
    // Not its metrics: each reading of them asks the store.
    health: { ready: { http: "/", port, tool: "wget" } },
    memoryMiB: 64,
    user: { uid: 65534 },
  }),
};
