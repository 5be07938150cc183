import type { Alerts } from "./rule.ts";

const oneCase = (expr: string, summary: string, more: { readonly for?: string } = {}) => [
  { expr, summary, ...more },
];

/** The gateway itself. */
export const gatewayAlerts = {
  GatewayDown: {
    severity: "critical",
    means: "Nobody tells the gateway's metrics: it does not run, or whoever reads them cannot reach it.",
    steps: [
      "`./beat status` shows whether it runs",
      "`./beat logs gateway` shows why not",
      "it runs and answers: on a cluster see that `platform:observability.scraperNamespace` is the scraper's namespace",
    ],
    cases: ({ select }) =>
      oneCase(`absent(${select("gateway_build_info")})`, "the gateway is not there", { for: "1m" }),
  },
  GatewayFull: {
    severity: "critical",
    means:
      "The gateway turns connections away: it has as many as `GATEWAY_MAX_CONNECTIONS` allows, or no file for another one.",
    steps: [
      "look at the overview: many clients, or connections that are never closed?",
      "`./beat logs gateway`: one address with very many is an attack: shut it out in front of the gateway",
    ],
    cases: ({ select }) =>
      oneCase(
        `sum(increase(${select("gateway_connections_refused_total", { reason: "total" }, "2m")})) > 0 or sum(increase(${select("gateway_refusals_total", { reason: ["connections", "out_of_files"] }, "2m")})) > 0`,
        "the gateway has no room for another connection",
      ),
  },
  GatewayBusy: {
    severity: "warning",
    means:
      "One in a hundred turns of the gateway's event loop is a quarter of a second late: its processor is not enough.",
    steps: [
      "look at the overview: requests a second, and sizes",
      "on a cluster: `pulumi config set --path platform:kubernetes.gateway.replicas 4`, or `gateway.autoscale`, then `./beat up`",
    ],
    cases: ({ select }) =>
      oneCase(
        `max(${select("nodejs_eventloop_delay_seconds", { quantile: "0.99" })}) > 0.25`,
        "the gateway has more to do than its processor can",
        { for: "2m" },
      ),
  },
  GatewayRoutesRefused: {
    severity: "warning",
    means: "A changed routing table was not valid: the gateway goes on with the one before.",
    steps: ["`./beat logs gateway` names what is wrong in it", "`./beat up` brings the definition's own"],
    cases: ({ select }) =>
      oneCase(
        `sum(increase(${select("gateway_route_reloads_total", { result: "failed" }, "10m")})) > 0`,
        "the gateway has refused a routing table",
      ),
  },
  GatewayLogLinesLost: {
    severity: "warning",
    means:
      "Whoever takes the gateway's log is too slow: lines were given up, so that requests need not wait.",
    steps: ["see that the disk of the container engine, or the node, is not full or slow: `./beat doctor`"],
    cases: ({ select }) =>
      oneCase(
        `sum(increase(${select("gateway_log_lines_dropped_total", {}, "10m")})) > 0`,
        "lines of the gateway's log were lost",
      ),
  },
  GatewaySpansLost: {
    severity: "warning",
    means: "More than one in twenty spans does not reach the receiver of `platform:observability.otlp`.",
    steps: [
      "`./beat logs gateway` says how the receiver answers",
      "on a cluster: see that `platform:observability.cidr` has its addresses",
      "it cannot take so many: send fewer with `platform:observability.sample`",
    ],
    cases: ({ select }) => {
      const spans = (result: "dropped" | undefined) =>
        `sum(increase(${select("gateway_spans_total", result === undefined ? {} : { result }, "10m")}))`;
      return oneCase(
        `${spans("dropped")} / ${spans(undefined)} > 0.05 and ${spans("dropped")} >= 10`,
        "the receiver of traces does not take them",
        { for: "1m" },
      );
    },
  },
} as const satisfies Alerts;
