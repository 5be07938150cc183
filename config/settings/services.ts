import { z } from "zod";
import { memory } from "../../core/bounds.ts";
import {
  annotations,
  dnsSubdomain,
  egress,
  gitRepository,
  imageReferenceField,
  nodeLabels,
  textOrNumber,
  variableName,
  variableValue,
  visible,
} from "../../core/fields.ts";
import { toBeRemoved, uniqueList } from "../../core/validation.ts";
import { autoscaleSchema } from "./kubernetes.ts";

/** Where a service's image comes from: the sample that stands in for it, an image, or a build from its repository or a checkout. */
export const sourceSchema = z.union([
  z.literal("sample"),
  z.strictObject({ image: imageReferenceField.describe("an image that exists") }),
  z.strictObject({
    git: z.strictObject({
      commit: z
        .string()
        .regex(/^[0-9a-f]{40}$/, "must be a full commit id of 40 hex digits")
        .describe("what is built, by its full id"),
      repository: gitRepository.optional().describe("default: the service's public repository"),
    }),
  }),
  z.strictObject({ path: visible.describe("a local checkout, from the project's root") }),
]);

/** Where a service's image comes from. */
export type Source = z.output<typeof sourceSchema>;

/** What a stack sets of one service. */
export const serviceSettingsSchema = z.strictObject({
  source: sourceSchema.optional().describe("where its image comes from; default: platform:source"),
  memoryMiB: memory(32).optional().describe("memory limit, MiB; default: its definition's"),
  env: z
    .record(variableName, textOrNumber(variableValue))
    .optional()
    .describe("more variables, or others than the definition's; never for what is secret"),
});

/** What a stack on a cluster sets of one service. */
export const clusterServiceSettingsSchema = serviceSettingsSchema
  .extend({
    replicas: z
      .number()
      .int()
      .min(1)
      .max(100)
      .optional()
      .describe("on a cluster; at most what its definition allows"),
    autoscale: autoscaleSchema.optional().describe("on a cluster, instead of a fixed number"),
    egress: uniqueList(egress)
      .optional()
      .describe("on a cluster, servers outside the platform that it may connect to, beside the definition's"),
    annotations: annotations.optional().describe("on a cluster, of its pods"),
    nodeSelector: nodeLabels.optional().describe("on a cluster, labels of the nodes it may run on"),
    serviceAccount: dnsSubdomain
      .optional()
      .describe("on a cluster, the service account its pods run as; it must exist"),
  })
  .superRefine(({ replicas, autoscale }, { addIssue }) => {
    if (replicas !== undefined && autoscale !== undefined)
      addIssue({
        code: "custom",
        path: ["replicas"],
        message: "is of no use beside autoscale, which chooses the number itself",
        params: toBeRemoved,
      });
  });
