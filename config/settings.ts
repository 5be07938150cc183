import { z } from "zod";
import { dnsLabel } from "../core/fields.ts";
import { InputError, type Problem } from "../core/problems.ts";
import { type StorePortName, storePorts } from "../stores/index.ts";
import type { HostPort } from "../stores/store.ts";
import { origin } from "./define/service.ts";
import { imageNames } from "./images.ts";
import { autoscaleSchema, externalSchema, kubernetesSchema } from "./kubernetes-settings.ts";
import { secretRule } from "./secret-rules.ts";
import { namespace, problemsOf } from "./settings-problems.ts";

/** Host ports of the dev stack; `false` publishes nothing. */
const hostPort = z.union([z.number().int().min(1).max(65535), z.literal(false)]);
const published = (usual: number, what: string) => hostPort.default(usual).describe(`host port of ${what}`);

const portsOfStores = Object.fromEntries(
  Object.entries<HostPort>(storePorts).map(([name, { usual, what }]) => [name, published(usual, what)]),
) as Readonly<Record<StorePortName, ReturnType<typeof published>>>;

const portsSchema = z.strictObject({
  gateway: published(9000, "the gateway"),
  ...portsOfStores,
  services: z
    .record(z.string(), hostPort)
    .default({})
    .describe("service containers, for `beat serve`; off unless asked for"),
});

const imageOverride = z.strictObject({
  reference: z.string().min(1).optional().describe("whole reference, e.g. `registry.example.org/postgis:17`"),
  tag: z
    .string()
    .regex(/^[\w][\w.-]{0,127}$/, "must be an image tag")
    .optional()
    .describe("another tag than the catalogue's"),
  digest: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, "must be sha256:<64 hex digits>")
    .optional()
    .describe("the content that the tag must have; ./beat images pin writes it"),
});

/** Where a service's image comes from: the sample that stands in for it, an image, or a build from its repository or a checkout. */
const sourceSchema = z.union([
  z.literal("sample"),
  z.strictObject({ image: z.string().min(1).describe("an image that exists") }),
  z.strictObject({
    git: z.strictObject({
      commit: z
        .string()
        .regex(/^[0-9a-f]{40}$/, "must be a full commit id of 40 hex digits")
        .describe("what is built, by its full id"),
      repository: z.string().min(1).optional().describe("default: the service's public repository"),
    }),
  }),
  z.strictObject({ path: z.string().min(1).describe("a local checkout, from the project's root") }),
]);

/** The settings of one stack: every `platform:*` key of Pulumi.<stack>.yaml, with its default. */
export const settingsSchema = z.strictObject({
  target: z.literal(["docker", "kubernetes"]).default("docker").describe("what the stack runs on"),
  definition: z
    .string()
    .min(1)
    .optional()
    .describe("module with another platform definition, from the project's root"),
  transform: z
    .string()
    .min(1)
    .optional()
    .describe(
      "module, from the project's root, whose default export changes each workload before it is deployed",
    ),
  engine: z
    .string()
    .optional()
    .describe("address of the container engine, e.g. unix:///run/podman/podman.sock"),
  bind: z.string().min(1).default("127.0.0.1").describe("host address that published ports bind to"),
  ports: portsSchema.prefault({}).describe("published host ports, false for none"),
  publicHost: z
    .string()
    .min(1)
    .default("localhost")
    .describe("public host name; browsers' origins are checked against it"),
  cors: z
    .array(
      origin.refine(
        (text) => text !== "*",
        "must be one origin; every origin at once is a route's own choice",
      ),
    )
    .default([])
    .describe(
      "web origins that may call every route (bearer tokens yes, cookies no), e.g. http://localhost:5173; without any, only what a service allows itself",
    ),
  environment: z
    .enum(["Development", "Production"])
    .default("Production")
    .describe("Development turns on core's Swagger"),
  devTools: z.boolean().default(false).describe("Mongo Express and the Redis UI"),
  jwt: z
    .strictObject({
      issuer: z.string().min(1).default("beat-ecoprove").describe("claim iss"),
      audience: z.string().min(1).default("beat-ecoprove").describe("claim aud"),
      accessMinutes: z.number().int().min(1).default(30).describe("life of an access token, minutes"),
      refreshMonths: z.number().int().min(1).default(1).describe("life of a refresh token, units of 30 days"),
    })
    .prefault({})
    .describe("token claims and lives (refresh in units of 30 days)"),
  images: z
    .strictObject({
      mirror: z
        .string()
        .regex(/^[^\s@]+[^/\s]$/, "must be a registry host and path without a trailing /")
        .optional()
        .describe("registry in front of every image of the catalogue"),
      overrides: z
        .partialRecord(z.enum(imageNames), imageOverride)
        .default({})
        .describe("other references, tags or digests by the catalogue's names"),
    })
    .prefault({})
    .describe("mirror and overrides of the image catalogue"),
  registry: z
    .string()
    .regex(/^[^\s@]+[^/\s]$/, "must be a registry host and path without a trailing /")
    .default("localhost")
    .describe("where the project's own images (gateway, provision, sample) are pushed to and pulled from"),
  kubernetes: kubernetesSchema.prefault({}).describe("what only a cluster knows; see docs/kubernetes.md"),
  external: externalSchema.prefault({}).describe("stores that somebody else runs (Kubernetes target)"),
  source: sourceSchema
    .optional()
    .describe("where all service images come from; default: the tag in the definition"),
  services: z
    .record(
      z.string(),
      z.strictObject({
        source: sourceSchema.optional().describe("where its image comes from; default: platform:source"),
        memoryMiB: z
          .number()
          .int()
          .min(32)
          .optional()
          .describe("memory limit, MiB; default: its definition's"),
        replicas: z
          .number()
          .int()
          .min(1)
          .max(100)
          .optional()
          .describe("on a cluster; at most what its definition allows"),
        autoscale: autoscaleSchema.optional().describe("on a cluster, instead of a fixed number"),
        env: z
          .record(
            z.string().regex(/^[A-Z][A-Z0-9_]*$/, "must be a variable of upper-case letters, digits and _"),
            z.string().min(1),
          )
          .optional()
          .describe("more variables, or others than the definition's; never for what is secret"),
        annotations: z.record(z.string(), z.string()).optional().describe("on a cluster, of its pods"),
        nodeSelector: z
          .record(z.string(), z.string())
          .optional()
          .describe("on a cluster, labels of the nodes it may run on"),
        serviceAccount: dnsLabel
          .optional()
          .describe("on a cluster, the service account its pods run as; it must exist"),
      }),
    )
    .default({})
    .describe(
      "per service: source, memory, variables; on a cluster replicas or autoscale, where its definition allows, and its place",
    ),
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
});

/** The settings of one stack, complete. */
export type Settings = z.output<typeof settingsSchema>;
/** Where a service's image comes from. */
export type Source = z.output<typeof sourceSchema>;

/** Settings that mean something on one target alone; on the other they are refused, not ignored. */
export const onlyFor = {
  docker: ["engine", "bind", "ports", "devTools"],
  kubernetes: ["kubernetes", "external"],
} as const satisfies Record<Settings["target"], readonly (keyof Settings)[]>;

/** Settings of a service that mean something on a cluster alone. */
const onlyForClusterServices = ["replicas", "autoscale", "annotations", "nodeSelector", "serviceAccount"];

/** Environment variables of the original project that still override a setting in dev. */
export const environmentOverrides: Readonly<Record<string, string>> = {
  PROXY_HOST: "bind",
  PROXY_PORT: "ports.gateway",
  ...Object.fromEntries(
    Object.entries<HostPort>(storePorts).flatMap(([name, { variable }]) =>
      variable === undefined ? [] : [[variable, `ports.${name}`]],
    ),
  ),
};

/**
 * Reads the settings of a stack.
 * @param config all configuration of the stack as Pulumi holds it: `namespace:key` to a string or JSON text.
 * @param environment variables that may override ports; pass `{}` to ignore them.
 * @throws {InputError} with every unknown key and every wrong value; values of secrets are never shown.
 */
export function parseSettings(
  config: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string | undefined>> = {},
): Settings {
  const problems: Problem[] = [];
  const raw: Record<string, unknown> = {};
  for (const [key, text] of Object.entries(config)) {
    if (!key.startsWith(namespace)) continue;
    raw[key.slice(namespace.length)] = decode(key.slice(namespace.length), text);
  }
  problems.push(...foreignSettings(raw));
  applyEnvironment(raw, environment, problems);
  const parsed = settingsSchema.safeParse(raw);
  if (!parsed.success)
    for (const issue of parsed.error.issues) problems.push(...problemsOf(issue, raw, settingsSchema));
  if (problems.length > 0 || !parsed.success)
    throw new InputError("the stack's settings are not valid", problems);
  problems.push(...portClashes(parsed.data));
  if (problems.length > 0) throw new InputError("the stack's settings are not valid", problems);
  return parsed.data;
}

function foreignSettings(raw: Readonly<Record<string, unknown>>): Problem[] {
  const target = raw.target === "kubernetes" ? "kubernetes" : "docker";
  const other = target === "docker" ? "kubernetes" : "docker";
  const paths = [
    ...onlyFor[other].filter((key) => raw[key] !== undefined),
    ...(target === "docker" ? clusterSettingsOfServices(raw.services) : []),
  ];
  return paths.map((path) => ({
    path: `${namespace}${path}`,
    message: `belongs to the target ${other}, and this stack's is ${target}`,
    fix: `remove it, or set ${namespace}target: ${other}`,
  }));
}

/** Settings of single services that only a cluster has. */
function clusterSettingsOfServices(services: unknown): string[] {
  if (typeof services !== "object" || services === null) return [];
  return Object.entries(services as Readonly<Record<string, unknown>>).flatMap(([name, own]) =>
    typeof own === "object" && own !== null
      ? onlyForClusterServices.filter((key) => key in own).map((key) => `services.${name}.${key}`)
      : [],
  );
}

function decode(key: string, text: string): unknown {
  // Pulumi hands over every value as text; what is a string by the schema stays one.
  const shape = settingsSchema.shape as Record<string, z.ZodType>;
  const field = shape[key];
  if (field?.safeParse(text).success) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function applyEnvironment(
  raw: Record<string, unknown>,
  environment: Readonly<Record<string, string | undefined>>,
  problems: Problem[],
): void {
  for (const [variable, setting] of Object.entries(environmentOverrides)) {
    const text = environment[variable];
    if (text === undefined) continue;
    if (text === "") {
      problems.push({
        path: variable,
        message: "is set but empty",
        fix: `unset it, or give it a value for ${setting}`,
      });
      continue;
    }
    if (setting === "bind") raw.bind = text;
    else {
      if (!/^\d+$/.test(text)) {
        problems.push({
          path: variable,
          message: `"${text}" is not a port`,
          fix: "use a number from 1 to 65535",
        });
        continue;
      }
      const ports = typeof raw.ports === "object" && raw.ports !== null ? raw.ports : {};
      raw.ports = { ...ports, [setting.slice("ports.".length)]: Number(text) };
    }
  }
}

function portClashes(settings: Settings): Problem[] {
  const problems: Problem[] = [];
  const taken = new Map<number, string>();
  const { services, ...stores } = settings.ports;
  const all = [
    ...Object.entries(stores),
    ...Object.entries(services).map(([name, port]) => [`services.${name}`, port] as const),
  ];
  for (const [name, port] of all) {
    if (port === false) continue;
    const other = taken.get(port);
    if (other !== undefined)
      problems.push({
        path: `${namespace}ports.${name}`,
        message: `${port} is already the port of ${other}`,
        fix: "give each published port a number of its own, or false",
      });
    taken.set(port, name);
  }
  return problems;
}
