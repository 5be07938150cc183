import { z } from "zod";
import { cidr, dnsLabel, labelValue, qualifiedName, textOrNumber } from "../../core/fields.ts";
import { validText } from "../../core/validation.ts";
import { headersSchema } from "./otlp-headers.ts";
import { validateReceiver } from "./otlp-receiver.ts";

const metricsText = "whether exporters of the stores' metrics run; default: where something reads them";

/** What both targets know. */
const common = {
  otlp: validText(validateReceiver, /^https?:\/\/[^/?#@\s]+(\/[^?#\s]*)?$/)
    .optional()
    .describe("where spans are sent to by OTLP/HTTP, e.g. https://otlp.example.org; default: nowhere"),
  headers: headersSchema
    .optional()
    .describe("what is sent with them: plain text, or { secret: otlp-… }, a secret that is supplied"),
  sample: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe("the part of new traces that is sent, 0 to 1; default: 1, all"),
  metrics: z.boolean().optional().describe(metricsText),
};

/** `platform:observability` of a stack on an engine. */
export const engineObservabilitySchema = z.strictObject({
  ...common,
  dev: z
    .boolean()
    .default(false)
    .describe("one container that takes traces, reads all metrics and shows dashboards, for development"),
});

/** `platform:observability` of a stack on a cluster. */
export const clusterObservabilitySchema = z.strictObject({
  ...common,
  cidr: cidr
    .optional()
    .describe(
      "addresses of the receiver, for the network policies; default: any address, at that port alone",
    ),
  monitors: z
    .enum(["prometheus-operator", "annotations", "none"])
    .default("none")
    .describe("how a scraper is told of the metrics: PodMonitor objects, prometheus.io annotations of pods"),
  scraperNamespace: dnsLabel
    .optional()
    .describe("namespace whose pods may read the metrics, e.g. monitoring"),
  ruleLabels: z
    .record(qualifiedName, textOrNumber(labelValue))
    .optional()
    .describe("labels of PodMonitor and PrometheusRule objects, by which a Prometheus selects them"),
});

/** What of the settings of a stack is of use here. */
export type ObservabilitySettings =
  | { readonly target: "docker"; readonly observability: z.output<typeof engineObservabilitySchema> }
  | {
      readonly target: "kubernetes";
      readonly observability: z.output<typeof clusterObservabilitySchema>;
      readonly kubernetes: { readonly gateway: { readonly metricsFrom?: string | undefined } };
    };

/** Where spans go. */
export interface Receiver {
  /** The base of its paths: `v1/traces` comes behind it. */
  readonly url: string;
  readonly headers: z.output<typeof headersSchema>;
  /** The part of new traces that is sent, 0 to 1. */
  readonly sample: number;
  /** Its addresses, where they were said. */
  readonly cidr: string | undefined;
}

/** What of a stack can be seen, with every default. */
export interface Observability {
  /** Undefined where no spans are sent. */
  readonly receiver: Receiver | undefined;
  /** Whether the container with dashboards runs; only an engine has it. */
  readonly dev: boolean;
  /** Whether exporters of the stores' metrics run. */
  readonly metrics: boolean;
  /** How a cluster's scraper is told of the metrics. */
  readonly monitors: "prometheus-operator" | "annotations" | "none";
  /** The namespace of a cluster whose pods may read the metrics. */
  readonly scraperNamespace: string | undefined;
  /** Labels by which a Prometheus selects what tells it of the stack. */
  readonly ruleLabels: Readonly<Record<string, string>>;
}

/** The host name of the container with dashboards. */
export const dashboardsHost = "dashboards";
/** Ports of the container with dashboards: its page, and where it takes OTLP/HTTP. Source: grafana/docker-otel-lgtm, README. */
export const dashboardsPorts = { page: 3000, otlp: 4318 } as const;

/** What of a stack can be seen, and by whom. */
export function observabilityOf(settings: ObservabilitySettings): Observability {
  const { otlp, headers = {}, sample = 1, metrics } = settings.observability;
  const engine = settings.target === "docker" ? settings.observability : undefined;
  const cluster = settings.target === "kubernetes" ? settings.observability : undefined;
  const dev = engine?.dev ?? false;
  const monitors = cluster?.monitors ?? "none";
  const url = dev ? `http://${dashboardsHost}:${dashboardsPorts.otlp}` : otlp?.replace(/\/+$/, "");
  return {
    receiver: url === undefined ? undefined : { url, headers, sample, cidr: cluster?.cidr },
    dev,
    metrics: metrics ?? (dev || monitors !== "none"),
    monitors,
    scraperNamespace:
      cluster?.scraperNamespace ??
      (settings.target === "kubernetes" ? settings.kubernetes.gateway.metricsFrom : undefined),
    ruleLabels: cluster?.ruleLabels ?? {},
  };
}
