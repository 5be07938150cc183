import { z } from "zod";
import { cidr, cpu, dnsLabel, dnsSubdomain, namespaceField, visible } from "../../core/fields.ts";
import { uniqueList } from "../../core/validation.ts";
import { volumeField } from "../../stores/fields.ts";
import { eachStore, type StoreKind, type StoreOf } from "../../stores/index.ts";
import { oldBackupsSchema } from "./backups.ts";
import { accessMode, dnsSchema, ipFamiliesField } from "./cluster-network.ts";
import { exposureSchema } from "./exposure.ts";

/** Instead of a fixed number: a HorizontalPodAutoscaler on CPU, percent of the request. */
export const autoscaleSchema = z
  .strictObject({
    min: z.number().int().min(1).max(100).describe("fewest replicas"),
    max: z.number().int().min(1).max(200).describe("most replicas"),
    cpuPercent: z
      .number()
      .int()
      .min(10)
      .max(95)
      .default(70)
      .describe("average use of the CPU request that it aims at, percent"),
  })
  .refine(({ min, max }) => min <= max, { path: ["max"], message: "must not be less than min" });

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
  context: visible.optional().describe("context of the kubeconfig; default: its current one"),
  namespace: namespaceField.optional().describe("default: the platform's and the stack's name"),
  storageClass: dnsSubdomain.optional().describe("class of the volumes; default: the cluster's own"),
  pullSecrets: uniqueList(dnsSubdomain)
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
      metricsFrom: dnsLabel
        .optional()
        .describe("where platform:observability.scraperNamespace was before; still read"),
      trustedProxies: uniqueList(cidr)
        .optional()
        .describe("where platform:trustedProxies was before; still read"),
    })
    .prefault({}),
  dns: dnsSchema.optional().describe("where names are resolved; default: what most clusters have"),
  ipFamilies: ipFamiliesField,
  serviceCpu: cpu.default("100m").describe("CPU request of a service"),
  volumes: z
    .enum(["retain", "delete"])
    .default("retain")
    .describe("what happens to the volumes of stores and services when the stack is destroyed"),
  ...clusterStores,
  uploads: volumeField("10Gi", { accessMode }).describe("what services keep in directories"),
  backups: oldBackupsSchema
    .optional()
    .describe("the old spelling of platform:backups; it goes with the next version"),
});

/** Bounds of an autoscaler. */
export type Autoscale = z.output<typeof autoscaleSchema>;
/** Stores that somebody else runs. */
export type ExternalStores = z.output<typeof externalSchema>;
