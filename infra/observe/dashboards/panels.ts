import { routeTable } from "../../../config/routes.ts";
import { storeHosts, storeKinds } from "../../../stores/index.ts";
import { readersOf } from "../alerts/kafka.ts";
import { errorsOf, routesWithBudgets } from "../alerts/routes.ts";
import type { Subject } from "../alerts/rule.ts";

/** A window that Grafana makes long enough for what is scraped. Source: Grafana, "Prometheus query editor", $__rate_interval. */
export const rateWindow = "$__rate_interval";

/** What a panel asks for, in PromQL, and what each line of it is called. */
export interface Query {
  readonly expr: string;
  readonly legend: string;
}

/** A panel: a course over time, the newest number, or a text. Units are Grafana's own words. */
export type Panel =
  | {
      readonly title: string;
      readonly unit: string;
      readonly shows: "course" | "number";
      readonly queries: readonly Query[];
    }
  | { readonly title: string; readonly text: string };

/** Panels under one heading. */
export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** A dashboard, told without Grafana. */
export interface Dashboard {
  /** Its file, and what it is called in an address. */
  readonly name: string;
  readonly title: string;
  readonly rows: readonly Row[];
}

const course = (
  title: string,
  unit: string,
  ...queries: readonly (readonly [expr: string, legend: string])[]
): Panel => ({
  title,
  unit,
  shows: "course",
  queries: queries.map(([expr, legend]) => ({ expr, legend })),
});
const number = (title: string, unit: string, expr: string): Panel => ({
  title,
  unit,
  shows: "number",
  queries: [{ expr, legend: title }],
});

/** Who talks to whom, as a table: Grafana draws no Mermaid. */
function picture({ platform }: Subject): string {
  const rows = Object.values(platform.services).map(({ name, routes, needs }) => {
    const stores = storeKinds.filter((kind) => needs[kind] !== undefined).map((kind) => storeHosts[kind]);
    const cells = [
      name,
      routes.map(({ prefix }) => prefix).join(" "),
      stores.join(", "),
      needs.calls.join(", "),
    ];
    return `| ${cells.join(" | ")} |`;
  });
  return ["| service | routes | stores | calls |", "|---|---|---|---|", ...rows].join("\n");
}

const p99 = ({ select }: Subject, route: string | readonly string[], by = "le"): string =>
  `histogram_quantile(0.99, sum by (${by}) (rate(${select("gateway_upstream_seconds_bucket", { route }, rateWindow)})))`;

/** Everything at a glance. */
function overview(subject: Subject): Dashboard {
  const { platform, select } = subject;
  const route = routeTable(platform).services.map(({ name }) => name);
  const requests = select("gateway_requests_total", { route }, rateWindow);
  const failed = select("gateway_requests_total", { route, status: "5xx" }, rateWindow);
  return {
    name: "overview",
    title: `${platform.name}: overview`,
    rows: [
      {
        title: "Now",
        panels: [
          number("Requests", "reqps", `sum(rate(${requests}))`),
          // Of a route that never failed there is no series.
          number("Errors", "percentunit", `(sum(rate(${failed})) or vector(0)) / sum(rate(${requests}))`),
          number("In flight", "short", `sum(${select("gateway_requests_in_flight")})`),
          number("WebSockets", "short", `sum(${select("gateway_tunnels")})`),
          number("Clients", "short", `sum(${select("gateway_client_connections")})`),
        ],
      },
      {
        title: "Routes",
        panels: [
          course("Requests", "reqps", [`sum by (route) (rate(${requests}))`, "{{route}}"]),
          course("Errors", "reqps", [`sum by (route) (rate(${failed}))`, "{{route}}"]),
          course("p99 at the service", "s", [p99(subject, route, "le, route"), "{{route}}"]),
          course("Answered by the gateway itself", "reqps", [
            `sum by (route, reason) (rate(${select("gateway_refusals_total", {}, rateWindow)}))`,
            "{{route}} {{reason}}",
          ]),
        ],
      },
      {
        title: "Gateway",
        panels: [
          course("Delay of the event loop", "s", [
            `max by (quantile) (${select("nodejs_eventloop_delay_seconds")})`,
            "{{quantile}}",
          ]),
          course("Connections to services", "short", [
            `sum by (upstream, state) (${select("gateway_upstream_connections")})`,
            "{{upstream}} {{state}}",
          ]),
          course("Waiting for a place", "short", [
            `sum by (upstream) (${select("gateway_upstream_waiting_requests")})`,
            "{{upstream}}",
          ]),
          course("Heap", "bytes", [`sum(${select("nodejs_heap_size_used_bytes")})`, "used"]),
        ],
      },
      { title: "Platform", panels: [{ title: "Who talks to whom", text: picture(subject) }] },
    ],
  };
}

/** One service: its routes, its consumer group, its database, its container. */
function serviceBoard(subject: Subject, name: string): Dashboard {
  const { platform, select, settings } = subject;
  const service = platform.services[name];
  const routes = routesWithBudgets(subject).filter((route) => route.service === name);
  const reader = readersOf(subject).find((each) => each.service === name);
  const datname = service?.needs.postgres?.database;
  const rows: (Row | undefined)[] = [
    ...routes.map(({ name: route, budget, websocket }): Row => {
      const { bad, all } = errorsOf(select, route);
      return {
        title: `Route ${route}`,
        panels: [
          course("Answers", "reqps", [
            `sum by (status) (rate(${select("gateway_requests_total", { route }, rateWindow)}))`,
            "{{status}}",
          ]),
          course(
            "Errors, and what the budget allows",
            "percentunit",
            [`(${bad(rateWindow)} or vector(0)) / ${all(rateWindow)}`, "errors"],
            [`vector(${budget.errors})`, "budget"],
          ),
          ...(websocket
            ? []
            : [
                course(
                  "Latency at the service",
                  "s",
                  [p99(subject, route), "p99"],
                  [p99(subject, route).replace("0.99", "0.5"), "p50"],
                  [`vector(${budget.p99Ms / 1000})`, "budget of p99"],
                ),
              ]),
        ],
      };
    }),
    reader && {
      title: `Group ${reader.group}`,
      panels: [
        course("Records that wait", "short", [
          `sum by (topic) (${select("kafka_consumergroup_lag", { consumergroup: reader.group })})`,
          "{{topic}}",
        ]),
        course("Members", "short", [
          `sum(${select("kafka_consumergroup_members", { consumergroup: reader.group })})`,
          "members",
        ]),
        ...(reader.watched
          ? [
              course("Seconds since it read on", "s", [
                `max(${select("beat_consumer_group_stalled_seconds", { service: name })})`,
                "stalled",
              ]),
              course("Started anew by its watch", "short", [
                `sum(increase(${select("beat_consumer_restarts_total", { service: name }, "1h")}))`,
                "restarts in an hour",
              ]),
            ]
          : []),
      ],
    },
    datname === undefined
      ? undefined
      : {
          title: `Database ${datname}`,
          panels: [
            course("Connections", "short", [
              `sum(${select("pg_stat_database_numbackends", { datname })})`,
              datname,
            ]),
            course("Transactions", "short", [
              `sum(rate(${select("pg_stat_database_xact_commit", { datname }, rateWindow)}))`,
              "committed",
            ]),
            course("Size", "bytes", [`max(${select("pg_database_size_bytes", { datname })})`, datname]),
          ],
        },
    settings.target === "docker" ? undefined : containerRow(subject, name),
  ];
  return {
    name: `service-${name}`,
    title: `${platform.name}: ${name}`,
    rows: rows.filter((row) => row !== undefined),
  };
}

/** What cAdvisor tells of a workload's pods. */
function containerRow({ select }: Subject, name: string): Row {
  const labels = { pod: { like: `${name}-.*` }, container: name };
  return {
    title: "Container",
    panels: [
      course("Memory", "bytes", [
        `max by (pod) (${select("container_memory_working_set_bytes", labels)})`,
        "{{pod}}",
      ]),
      course("Processor", "short", [
        `sum by (pod) (rate(${select("container_cpu_usage_seconds_total", labels, rateWindow)}))`,
        "{{pod}}",
      ]),
    ],
  };
}

/** The stores that a stack's exporters tell of. */
function stores({ platform, select }: Subject): Dashboard {
  const rows: Readonly<Record<string, readonly Panel[]>> = {
    postgres: [
      course("Connections", "short", [
        `sum by (datname) (${select("pg_stat_database_numbackends")})`,
        "{{datname}}",
      ]),
      course("Locks", "short", [
        `sum by (datname, mode) (${select("pg_locks_count")}) > 0`,
        "{{datname}} {{mode}}",
      ]),
      course("Oldest transaction", "s", [
        `max(${select("pg_long_running_transactions_oldest_timestamp_seconds")})`,
        "age",
      ]),
      course("Size", "bytes", [`max by (datname) (${select("pg_database_size_bytes")})`, "{{datname}}"]),
    ],
    mongo: [
      course("Connections", "short", [`sum by (state) (${select("mongodb_connections")})`, "{{state}}"]),
      course("Operations", "ops", [
        `sum by (type) (rate(${select("mongodb_op_counters_total", {}, rateWindow)}))`,
        "{{type}}",
      ]),
      course("Size", "bytes", [`max by (database) (${select("mongodb_dbstats_dataSize")})`, "{{database}}"]),
    ],
    redis: [
      course(
        "Memory",
        "bytes",
        [`max(${select("redis_memory_used_bytes")})`, "used"],
        [`max(${select("redis_memory_max_bytes")})`, "limit"],
      ),
      course("Keys", "short", [`max by (db) (${select("redis_db_keys")})`, "{{db}}"]),
      course("Evicted", "short", [
        `sum(increase(${select("redis_evicted_keys_total", {}, "1h")}))`,
        "in an hour",
      ]),
      course("Connections", "short", [`max(${select("redis_connected_clients")})`, "clients"]),
    ],
    kafka: [
      course("Brokers", "short", [`max(${select("kafka_brokers")})`, "brokers"]),
      course("Written", "short", [
        `sum by (topic) (rate(${select("kafka_topic_partition_current_offset", {}, rateWindow)}))`,
        "{{topic}}",
      ]),
      course("Records that wait", "short", [
        `sum by (consumergroup) (${select("kafka_consumergroup_lag")})`,
        "{{consumergroup}}",
      ]),
      course("Partitions with too few copies", "short", [
        `sum by (topic) (${select("kafka_topic_partition_under_replicated_partition")})`,
        "{{topic}}",
      ]),
    ],
  };
  return {
    name: "stores",
    title: `${platform.name}: stores`,
    rows: storeKinds
      .filter((kind) => platform.stores[kind] !== undefined && rows[kind] !== undefined)
      .map((kind) => ({ title: storeHosts[kind], panels: rows[kind] ?? [] })),
  };
}

/** All dashboards of a stack. */
export const dashboardsOf = (subject: Subject): Dashboard[] => [
  overview(subject),
  ...Object.keys(subject.platform.services).map((name) => serviceBoard(subject, name)),
  stores(subject),
];
