import { z } from "zod";
import { bucketSchema } from "./bucket.ts";
import { certificate, cidr, cpu, cron, dnsLabel, host, port, quantity } from "./forms.ts";

const volume = (size: string) => z.strictObject({ size: quantity.default(size) }).prefault({});

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
  /** With it the provisioner and the backups verify the server's certificate; the services speak plain text. */
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
  /** What happens to the volumes of stores and services when the stack is destroyed. */
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
        /** Where they go instead of the volume, which is not made then. */
        bucket: bucketSchema.optional(),
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
