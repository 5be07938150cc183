import { z } from "zod";

const dnsLabel = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    "must be a DNS label: lower-case letters, digits and '-', at most 63 characters",
  );
const quantity = z.string().regex(/^[1-9][0-9]*(Mi|Gi|Ti)$/, "must be a size such as 10Gi");
const cpu = z
  .string()
  .regex(/^([1-9][0-9]*m|[1-9][0-9]*(\.[0-9]+)?)$/, "must be a CPU amount such as 250m or 2");
const port = z.number().int().min(1).max(65535);
const host = z
  .string()
  .regex(
    /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/,
    "must be a host name or an address, without port or scheme",
  );
const cidr = z
  .string()
  .regex(/^[0-9a-fA-F.:]+\/[0-9]{1,3}$/, "must be an address range such as 10.20.0.0/16");
const volume = (size: string) => z.strictObject({ size: quantity.default(size) }).prefault({});
const cron = z.string().regex(/^(\S+ ){4}\S+$/, "must be a cron schedule of five fields");

/** A PEM certificate, or a bundle of them. */
const certificate = z
  .string()
  .regex(/^-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----\s*$/, "must be a PEM certificate");

/** Instead of a fixed number: a HorizontalPodAutoscaler on CPU, percent of the request. */
export const autoscaleSchema = z.strictObject({
  min: z.number().int().min(1).max(100),
  max: z.number().int().min(1).max(200),
  cpuPercent: z.number().int().min(10).max(95).default(70),
});

/** How the gateway is reached from outside the cluster. Its metrics never are. */
const exposureSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("none") }),
  z.strictObject({
    type: z.literal("ingress"),
    className: z.string().min(1).optional(),
    /** Secret (type kubernetes.io/tls) of the namespace; cert-manager makes it when an annotation asks for one. */
    tlsSecret: dnsLabel,
    annotations: z.record(z.string(), z.string()).default({}),
    /** The namespace its controller runs in: only that one may speak to the gateway. */
    controllerNamespace: dnsLabel.default("ingress-nginx"),
  }),
  z.strictObject({
    type: z.literal("gatewayApi"),
    gateway: z.strictObject({ name: dnsLabel, namespace: dnsLabel, sectionName: dnsLabel.optional() }),
    controllerNamespace: dnsLabel,
  }),
  z.strictObject({
    type: z.literal("loadBalancer"),
    port: port.default(80),
    annotations: z.record(z.string(), z.string()).default({}),
    /** Addresses that may connect; default: all. */
    sourceRanges: z.array(cidr).default([]),
  }),
]);

const externalPostgres = z.strictObject({
  host,
  port: port.default(5432),
  adminUser: z.string().min(1).default("postgres"),
  adminDatabase: z.string().min(1).default("postgres"),
  /** With it the provisioner and the backups verify the server's certificate; the services speak plain text (P12). */
  ca: certificate.optional(),
  /** Addresses of the server, for the network policy; default: any address, at that port alone. */
  cidr: cidr.optional(),
});
const externalMongo = z.strictObject({
  host,
  port: port.default(27017),
  adminUser: z.string().min(1).default("admin"),
  ca: certificate.optional(),
  cidr: cidr.optional(),
});
const externalRedis = z.strictObject({ host, port: port.default(6379), cidr: cidr.optional() });
const externalKafka = z.strictObject({
  host,
  port: port.default(9092),
  replicationFactor: z.number().int().min(1).default(3),
  minInSyncReplicas: z.number().int().min(1).default(2),
  cidr: cidr.optional(),
});

/** `platform:external`: stores that somebody else runs. What is named here is not deployed, only used. */
export const externalSchema = z.strictObject({
  postgres: externalPostgres.optional(),
  mongo: externalMongo.optional(),
  redis: externalRedis.optional(),
  kafka: externalKafka.optional(),
});

/** `platform:kubernetes`: what only a cluster knows. */
export const kubernetesSchema = z.strictObject({
  /** Context of the kubeconfig; default: its current one. */
  context: z.string().min(1).optional(),
  /** Default: the platform's and the stack's name. */
  namespace: dnsLabel.optional(),
  /** Default: the cluster's default class. */
  storageClass: z.string().min(1).optional(),
  /** Secrets (type kubernetes.io/dockerconfigjson) of the namespace that pull images. */
  pullSecrets: z.array(dnsLabel).default([]),
  exposure: exposureSchema.prefault({ type: "none" }),
  gateway: z
    .strictObject({
      replicas: z.number().int().min(1).max(100).default(2),
      autoscale: autoscaleSchema.optional(),
      cpu: cpu.default("250m"),
      /** Namespace whose pods may read the metrics, e.g. monitoring. */
      metricsFrom: dnsLabel.optional(),
      /** Proxies in front whose X-Forwarded-* are believed, as address ranges. */
      trustedProxies: z.array(cidr).default([]),
    })
    .prefault({}),
  serviceCpu: cpu.default("100m").describe("CPU request of a service"),
  /** What happens to the volumes of a store whose StatefulSet is deleted. */
  volumes: z.enum(["retain", "delete"]).default("retain"),
  postgres: z.strictObject({ volume: volume("20Gi"), cpu: cpu.default("250m") }).prefault({}),
  mongo: z
    .strictObject({ members: z.literal([1, 3]).default(3), volume: volume("10Gi"), cpu: cpu.default("250m") })
    .prefault({}),
  redis: z.strictObject({ volume: volume("5Gi"), cpu: cpu.default("100m") }).prefault({}),
  kafka: z
    .strictObject({ brokers: z.literal([1, 3]).default(3), volume: volume("10Gi"), cpu: cpu.default("250m") })
    .prefault({}),
  uploads: volume("10Gi"),
  backups: z
    .union([
      z.literal(false),
      z.strictObject({
        schedule: cron.default("17 2 * * *"),
        /** Days after which a backup is deleted; the newest is always kept. */
        keepDays: z.number().int().min(1).default(14),
        volume: volume("20Gi"),
      }),
    ])
    .prefault({}),
});

/** Bounds of an autoscaler. */
export type Autoscale = z.output<typeof autoscaleSchema>;
/** Settings of the Kubernetes target, complete. */
export type KubernetesSettings = z.output<typeof kubernetesSchema>;
/** Stores that somebody else runs. */
export type ExternalStores = z.output<typeof externalSchema>;
