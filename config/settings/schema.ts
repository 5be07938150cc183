import { z } from "zod";
import {
  cidr,
  engineField,
  imageReferenceField,
  imageTag,
  ipAddress,
  origin,
  publicHost,
  registryField,
  textOrNumber,
  visible,
} from "../../core/fields.ts";
import { toBeRemoved, uniqueList } from "../../core/validation.ts";
import { type StorePortName, storePorts } from "../../stores/index.ts";
import type { HostPort } from "../../stores/store.ts";
import { imageNames } from "../images.ts";
import { backupsSchema } from "./backups.ts";
import { type ExternalStores, externalSchema, kubernetesSchema } from "./kubernetes.ts";
import { clusterObservabilitySchema, engineObservabilitySchema } from "./observability.ts";
import { secretRule } from "./secret-rules.ts";
import { clusterServiceSettingsSchema, serviceSettingsSchema, sourceSchema } from "./services.ts";

/** Host ports of the dev stack; `false` publishes nothing. */
const hostPort = z.union([z.number().int().min(1).max(65535), z.literal(false)]);
const published = (port: number, what: string) => hostPort.default(port).describe(`host port of ${what}`);

const portsOfStores = Object.fromEntries(
  Object.entries<HostPort>(storePorts).map(([name, { defaultPort, what }]) => [
    name,
    published(defaultPort, what),
  ]),
) as Readonly<Record<StorePortName, ReturnType<typeof published>>>;

const portsSchema = z.strictObject({
  gateway: published(9000, "the gateway"),
  ...portsOfStores,
  dashboards: published(3001, "the dashboards, with platform:observability.dev"),
  // Redis Stack had a page, and stacks that did not want it say so.
  redisUi: hostPort
    .refine((value) => value === false, {
      message: "leads nowhere: Redis 8 has no page (docs/stores.md, Redis' page)",
      params: toBeRemoved,
    })
    .default(false)
    .describe("nothing any more: Redis 8 has no page; false is still read"),
  services: z
    .record(z.string(), hostPort)
    .default({})
    .describe("service containers, for `beat serve`; off unless asked for"),
});

const imageOverride = z
  .strictObject({
    reference: imageReferenceField
      .optional()
      .describe("whole reference, e.g. `registry.example.org/postgis:17`"),
    tag: textOrNumber(imageTag).optional().describe("another tag than the catalogue's"),
    digest: z
      .string()
      .regex(/^sha256:[0-9a-f]{64}$/, "must be sha256:<64 hex digits>")
      .optional()
      .describe("the content that the tag must have; written by ./beat images pin"),
  })
  .superRefine(({ reference, ...others }, { addIssue }) => {
    if (reference === undefined) return;
    for (const part of ["tag", "digest"] as const)
      if (others[part] !== undefined)
        addIssue({
          code: "custom",
          path: [part],
          message: "is of no use beside reference, which is the whole of it",
          params: toBeRemoved,
        });
  });

/** What every stack may set, whatever it runs on. */
const common = {
  definition: visible.optional().describe("module with another platform definition, from the project's root"),
  transform: visible
    .optional()
    .describe(
      "module, from the project's root, whose default export changes each workload before it is deployed",
    ),
  publicHost: publicHost
    .default("localhost")
    .describe("public host name; browsers' origins are checked against it"),
  trustedProxies: uniqueList(cidr)
    .optional()
    .describe(
      "address ranges of the proxies in front, whose X-Forwarded-* are believed; [] for none. Default: an Ingress or Gateway's controller; on an engine that publishes on this machine alone under a public name, a proxy of this machine",
    ),
  cors: uniqueList(
    origin.refine((text) => text !== "*", "must be one origin; every origin at once is a route's own choice"),
  )
    .default([])
    .describe(
      "web origins that may call every route (bearer tokens yes, cookies no), e.g. http://localhost:5173; without any, only what a service allows itself",
    ),
  environment: z
    .enum(["Development", "Production"])
    .default("Production")
    .describe("Development turns on core's Swagger"),
  jwt: z
    .strictObject({
      issuer: visible.max(255).default("beat-ecoprove").describe("claim iss"),
      audience: visible.max(255).default("beat-ecoprove").describe("claim aud"),
      accessMinutes: z
        .number()
        .int()
        .min(1)
        .max(525_600)
        .default(30)
        .describe("life of an access token, minutes"),
      refreshMonths: z
        .number()
        .int()
        .min(1)
        .max(1200)
        .default(1)
        .describe("life of a refresh token, units of 30 days"),
    })
    .prefault({})
    .describe("token claims and lives (refresh in units of 30 days)"),
  images: z
    .strictObject({
      mirror: registryField.optional().describe("registry in front of every image of the catalogue"),
      overrides: z
        .partialRecord(z.enum(imageNames), imageOverride)
        .default({})
        .describe("other references, tags or digests by the catalogue's names"),
    })
    .prefault({})
    .describe("mirror and overrides of the image catalogue"),
  registry: registryField
    .default("localhost")
    .describe("where the project's own images (gateway, provision, sample) are pushed to and pulled from"),
  backups: backupsSchema
    .optional()
    .describe(
      "when databases and uploads are saved, where, and how long that is kept; default: every night on Kubernetes, never on Docker; see docs/backups.md",
    ),
  source: sourceSchema
    .optional()
    .describe("where all service images come from; default: the tag in the definition"),
  generateSecrets: z
    .boolean()
    .default(true)
    .describe("make missing secrets and keep them in the stack's state"),
  secrets: z
    .record(z.string(), z.string())
    .superRefine((secrets, { addIssue }) => {
      for (const [name, value] of Object.entries(secrets)) {
        const { pattern, message } = secretRule(name);
        if (!pattern.test(value)) addIssue({ code: "custom", path: [name], message });
      }
    })
    .default({})
    .describe("passwords by name; set with --secret"),
  signingKey: z
    .string()
    .regex(
      /^-----BEGIN (RSA )?PRIVATE KEY-----[\s\S]+-----END (RSA )?PRIVATE KEY-----\s*$/,
      "must be a PEM private key",
    )
    .optional()
    .describe("RSA private key (PEM) that signs tokens; set with --secret"),
};

const observabilityText =
  "what is seen of the stack, and by whom: traces, metrics, dashboards; default: nothing is sent; see docs/observability.md";
const targetText = "what the stack runs on";
const servicesText =
  "per service: source, memory, variables; on a cluster replicas or autoscale, where its definition allows, and its place";

/**
 * The settings of one stack by what it runs on: every `platform:*` key of Pulumi.<stack>.yaml, with its default. A setting that means
 * something on one target alone is in that one's schema alone.
 */
export const settingsSchemas = {
  docker: z.strictObject({
    target: z.literal("docker", 'must be "docker" or "kubernetes"').default("docker").describe(targetText),
    ...common,
    engine: engineField
      .optional()
      .describe("address of the container engine, e.g. unix:///run/podman/podman.sock"),
    bind: ipAddress.default("127.0.0.1").describe("host address that the gateway's port binds to"),
    storesBind: ipAddress
      .default("127.0.0.1")
      .describe("host address that all other published ports bind to: of stores, their pages and services"),
    ports: portsSchema.prefault({}).describe("published host ports, false for none"),
    devTools: z.boolean().default(false).describe("Mongo Express"),
    observability: engineObservabilitySchema.prefault({}).describe(observabilityText),
    services: z.record(z.string(), serviceSettingsSchema).default({}).describe(servicesText),
  }),
  kubernetes: z.strictObject({
    target: z.literal("kubernetes").describe(targetText),
    ...common,
    kubernetes: kubernetesSchema.prefault({}).describe("what only a cluster knows; see docs/kubernetes.md"),
    external: externalSchema
      .prefault({})
      .describe("stores that somebody else runs, for a stack on a cluster"),
    observability: clusterObservabilitySchema.prefault({}).describe(observabilityText),
    services: z.record(z.string(), clusterServiceSettingsSchema).default({}).describe(servicesText),
  }),
};

/** The settings of a stack on a container engine, complete. */
export interface DockerSettings extends z.output<typeof settingsSchemas.docker> {}
/** The settings of a stack on a cluster, complete. */
export interface KubernetesSettings extends z.output<typeof settingsSchemas.kubernetes> {}
/** The settings of one stack, complete: `target` says which of the two they are. */
export type Settings = DockerSettings | KubernetesSettings;

/** The stores of a stack that somebody else runs; only a stack on a cluster has any. */
export const externalStores = (settings: Settings): ExternalStores =>
  settings.target === "kubernetes" ? settings.external : {};
