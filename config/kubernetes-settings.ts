import { z } from "zod";
import { bucketSchema } from "./bucket.ts";
import { certificate, cidr, cpu, cron, dnsLabel, host, port, quantity } from "./forms.ts";

const volume = (size: string) =>
  z
    .strictObject({
      size: quantity
        .default(size)
        .describe("of each member; may grow later where the class allows it, never shrink"),
    })
    .prefault({});
const storeCpu = (usual: string) => cpu.default(usual).describe("CPU request of each member");

/** Instead of a fixed number: a HorizontalPodAutoscaler on CPU, percent of the request. */
export const autoscaleSchema = z.strictObject({
  min: z.number().int().min(1).max(100).describe("fewest replicas"),
  max: z.number().int().min(1).max(200).describe("most replicas"),
  cpuPercent: z
    .number()
    .int()
    .min(10)
    .max(95)
    .default(70)
    .describe("average use of the CPU request that it aims at, percent"),
});

/** How the gateway is reached from outside the cluster. Its metrics never are. */
const exposureSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("none") }),
  z.strictObject({
    type: z.literal("ingress"),
    className: z.string().min(1).optional().describe("ingress class; default: the cluster's own"),
    tlsSecret: dnsLabel.describe(
      "secret (type kubernetes.io/tls) of the namespace; cert-manager makes it when an annotation asks for one",
    ),
    annotations: z
      .record(z.string(), z.string())
      .default({})
      .describe("of the Ingress, e.g. for cert-manager"),
    controllerNamespace: dnsLabel
      .default("ingress-nginx")
      .describe("the namespace its controller runs in: only that one may speak to the gateway"),
  }),
  z.strictObject({
    type: z.literal("gatewayApi"),
    gateway: z.strictObject({
      name: dnsLabel.describe("the Gateway that the route is attached to"),
      namespace: dnsLabel.describe("its namespace"),
      sectionName: dnsLabel.optional().describe("one of its listeners; default: all"),
    }),
    controllerNamespace: dnsLabel.describe(
      "the namespace its proxies run in: only those may speak to the gateway",
    ),
  }),
  z.strictObject({
    type: z.literal("loadBalancer"),
    port: port.default(80).describe("port of the load balancer"),
    annotations: z
      .record(z.string(), z.string())
      .default({})
      .describe("of the Service, e.g. for the cloud's controller"),
    sourceRanges: z.array(cidr).default([]).describe("addresses that may connect; default: all"),
  }),
]);

const outsideHost = host.describe("name or address of the server");
const outsidePort = (usual: number) => port.default(usual).describe("its port");
const outsideCidr = cidr
  .optional()
  .describe("addresses of the server, for the network policy; default: any address, at that port alone");
const externalPostgres = z.strictObject({
  host: outsideHost,
  port: outsidePort(5432),
  adminUser: z
    .string()
    .min(1)
    .default("postgres")
    .describe("role that may create roles, databases and extensions"),
  adminDatabase: z.string().min(1).default("postgres").describe("database that it connects to"),
  ca: certificate
    .optional()
    .describe(
      "with it the provisioner and the backups verify the server's certificate; the services speak plain text",
    ),
  cidr: outsideCidr,
});
const externalMongo = z.strictObject({
  host: outsideHost,
  port: outsidePort(27017),
  adminUser: z.string().min(1).default("admin").describe("user of the database admin that may create users"),
  ca: certificate.optional().describe("authority of the server's certificate, for provisioner and backups"),
  cidr: outsideCidr,
});
const externalRedis = z.strictObject({ host: outsideHost, port: outsidePort(6379), cidr: outsideCidr });
const externalKafka = z.strictObject({
  host: outsideHost,
  port: outsidePort(9092),
  replicationFactor: z.number().int().min(1).default(3).describe("copies of each topic"),
  minInSyncReplicas: z
    .number()
    .int()
    .min(1)
    .default(2)
    .describe("copies that must have a record before it counts as written"),
  cidr: outsideCidr,
});

/** `platform:external`: stores that somebody else runs. What is named here is not deployed, only used. */
export const externalSchema = z.strictObject({
  postgres: externalPostgres.optional().describe("a PostgreSQL server with PostGIS"),
  mongo: externalMongo.optional().describe("a MongoDB server"),
  redis: externalRedis.optional().describe("a Redis server without a password"),
  kafka: externalKafka.optional().describe("a Kafka cluster without credentials"),
});

/** `platform:kubernetes`: what only a cluster knows. */
export const kubernetesSchema = z.strictObject({
  context: z.string().min(1).optional().describe("context of the kubeconfig; default: its current one"),
  namespace: dnsLabel.optional().describe("default: the platform's and the stack's name"),
  storageClass: z.string().min(1).optional().describe("class of the volumes; default: the cluster's own"),
  pullSecrets: z
    .array(dnsLabel)
    .default([])
    .describe("secrets (type kubernetes.io/dockerconfigjson) of the namespace that pull images"),
  exposure: exposureSchema
    .prefault({ type: "none" })
    .describe("how the gateway is reached from outside the cluster"),
  gateway: z
    .strictObject({
      replicas: z.number().int().min(1).max(100).default(2).describe("gateways, spread over nodes"),
      autoscale: autoscaleSchema.optional().describe("instead of a fixed number"),
      cpu: cpu.default("250m").describe("CPU request of each"),
      metricsFrom: dnsLabel.optional().describe("namespace whose pods may read the metrics, e.g. monitoring"),
      trustedProxies: z
        .array(cidr)
        .default([])
        .describe("proxies in front whose X-Forwarded-* are believed, as address ranges"),
    })
    .prefault({}),
  serviceCpu: cpu.default("100m").describe("CPU request of a service"),
  volumes: z
    .enum(["retain", "delete"])
    .default("retain")
    .describe("what happens to the volumes of stores and services when the stack is destroyed"),
  postgres: z.strictObject({ volume: volume("20Gi"), cpu: storeCpu("250m") }).prefault({}),
  mongo: z
    .strictObject({
      members: z.literal([1, 3]).default(3).describe("of the replica set"),
      volume: volume("10Gi"),
      cpu: storeCpu("250m"),
    })
    .prefault({}),
  redis: z.strictObject({ volume: volume("5Gi"), cpu: storeCpu("100m") }).prefault({}),
  kafka: z
    .strictObject({
      brokers: z.literal([1, 3]).default(3).describe("each is controller, too"),
      volume: volume("10Gi"),
      cpu: storeCpu("250m"),
    })
    .prefault({}),
  uploads: volume("10Gi").describe("what services keep in directories"),
  backups: z
    .union([
      z.literal(false),
      z.strictObject({
        schedule: cron
          .default("17 2 * * *")
          .describe("when stores are saved, in the time zone of the cluster's controller"),
        keepDays: z
          .number()
          .int()
          .min(1)
          .default(14)
          .describe("days after which a backup is deleted; the newest is always kept"),
        volume: volume("20Gi"),
        bucket: bucketSchema
          .optional()
          .describe("where they go instead of the volume, which is not made then"),
      }),
    ])
    .prefault({})
    .describe("of the stores, every night; false for none"),
});

/** Bounds of an autoscaler. */
export type Autoscale = z.output<typeof autoscaleSchema>;
/** Settings of the Kubernetes target, complete. */
export type KubernetesSettings = z.output<typeof kubernetesSchema>;
/** Stores that somebody else runs. */
export type ExternalStores = z.output<typeof externalSchema>;
