import { z } from "zod";
import { cidr, cpu, cron, dnsLabel, port } from "../../core/fields.ts";
import { volumeField } from "../../stores/fields.ts";
import { eachStore, type StoreKind, type StoreOf } from "../../stores/index.ts";
import { bucketSchema } from "./bucket.ts";

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

/** `platform:external`: stores that somebody else runs. What is named here is not deployed, only used. */
export const externalSchema = z.strictObject(
  eachStore(({ external }) => external.optional()) as {
    readonly [K in StoreKind]: z.ZodOptional<StoreOf<K>["external"]>;
  },
);

const clusterStores = eachStore(({ cluster }) => cluster.prefault({})) as {
  readonly [K in StoreKind]: z.ZodPrefault<StoreOf<K>["cluster"]>;
};

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
  ...clusterStores,
  uploads: volumeField("10Gi").describe("what services keep in directories"),
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
        volume: volumeField("20Gi"),
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
