import type { Alerts, Case, Subject } from "./rule.ts";

const wherePostgresIs = (make: (subject: Subject) => Case) => (subject: Subject) =>
  subject.platform.stores.postgres === undefined ? [] : [make(subject)];

/** PostgreSQL. */
export const postgresAlerts = {
  PostgresDown: {
    severity: "critical",
    means: "Postgres takes no connection of its exporter.",
    steps: ["`./beat status` shows whether it runs", "`./beat logs postgres` shows why not"],
    cases: wherePostgresIs(({ select }) => ({
      expr: `max(${select("pg_up")}) == 0`,
      for: "30s",
      summary: "Postgres does not answer",
    })),
  },
  PostgresConnections: {
    severity: "warning",
    means: "Four in five of Postgres' connections are taken. When all are, services fail at random.",
    steps: [
      "look at the stores' dashboard: which database has them? A service that leaks gains some every hour",
      "`./beat logs <service>`",
      "more are needed: `stores.postgres.maxConnections` in the definition, then `./beat up`",
    ],
    cases: wherePostgresIs(({ select }) => ({
      expr: `sum(${select("pg_stat_database_numbackends")}) / (max(${select("pg_settings_max_connections")}) - max(${select("pg_settings_superuser_reserved_connections")})) > 0.8`,
      for: "30s",
      summary: "Postgres is running out of connections",
    })),
  },
  PostgresOldTransaction: {
    severity: "warning",
    means:
      "A transaction has been open for more than a quarter of an hour: what it has locked waits, and nothing it could see is cleaned up.",
    steps: [
      "look at the stores' dashboard: the locks, by database",
      "a service that leaves transactions open: `idleInTransactionSeconds` of its `needs.postgres` ends them",
    ],
    cases: wherePostgresIs(({ select }) => ({
      expr: `max(${select("pg_long_running_transactions_oldest_timestamp_seconds")}) > 900 and max(${select("pg_long_running_transactions")}) > 0`,
      for: "1m",
      summary: "a transaction in Postgres has been open for more than 15 minutes",
    })),
  },
  PostgresDeadlocks: {
    severity: "warning",
    means: "Transactions of a database waited for each other, and Postgres has ended one of each two.",
    steps: ["`./beat logs postgres` shows both statements", "`./beat logs <service>`"],
    cases: wherePostgresIs(({ select }) => ({
      expr: `sum by (datname) (increase(${select("pg_stat_database_deadlocks", {}, "10m")})) > 0`,
      summary: "transactions of database {{ $labels.datname }} lock each other out",
    })),
  },
} as const satisfies Alerts;
