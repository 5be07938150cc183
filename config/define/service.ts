import { dirname } from "node:path/posix";
import { z } from "zod";
import { memory, seconds } from "../../core/bounds.ts";
import {
  egress,
  fileSuffix,
  folder,
  gitRepository,
  hostLabel,
  imageRepository,
  imageTag,
  origin,
  port,
  routePrefix,
  urlPath,
  visible,
} from "../../core/fields.ts";
import { uniqueList, validText } from "../../core/validation.ts";
import type { EnvValue, Value } from "../../core/value.ts";
import { eachStore, type StoreKind, type StoreOf } from "../../stores/index.ts";
import type { Address, RefsFor } from "../../stores/store.ts";
import { budgetSchema } from "./budget.ts";
import { verifySchema } from "./verify.ts";

/** The name of a service. */
export const serviceName = hostLabel;

const lowerCase = (text: string): string => text.toLowerCase();

/** A path under a stripped prefix that takes no version prefix; with `suffixes` only files that end so. */
const barePath = z.union([
  urlPath,
  z.strictObject({ path: urlPath, suffixes: uniqueList(fileSuffix, lowerCase).min(1) }),
]);

/** A token bucket: `rate` requests a second on average, at most `burst` at once. */
const bucket = z.strictObject({
  rate: z.number().min(0.001).max(1_000_000),
  burst: z.number().int().min(1, "must be at least 1, or no request would ever pass").max(1_000_000),
});

const token = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, "must be an HTTP token");
/** The name of a header field; to browsers `*` is every one, and the gateway's list names each. */
const fieldName = token.refine((text) => text !== "*", "must be one name; leave the list out for every one");
/** A method that a page can send, as browsers write it. Source: Fetch, "Methods". */
const method = validText((text) => {
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/.test(text) || text === "*")
    return "must be an HTTP method, such as GET";
  const upper = text.toUpperCase();
  if (["CONNECT", "TRACE", "TRACK"].includes(upper))
    return `must not be ${text}: no browser lets a page send it`;
  const known = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"].includes(upper);
  return known && text !== upper ? { message: "must be in upper case", write: upper } : undefined;
});

/** Cross-origin rules that the gateway answers itself; whatever the service says about them is dropped. */
const corsSchema = z.strictObject({
  origins: uniqueList(origin).min(1),
  /** Default: GET, HEAD, POST, PUT, PATCH, DELETE. */
  methods: uniqueList(method).min(1).optional(),
  /** Request fields a page may send; default: whatever it asks for. */
  headers: uniqueList(fieldName, lowerCase).optional(),
  /** Response fields a page may read beside the safelisted ones. */
  expose: uniqueList(fieldName, lowerCase).optional(),
  /** Cookies and client certificates; a bearer token set by the page needs none of this. */
  credentials: z.boolean().optional(),
  /** How long a browser may keep the answer to a preflight, seconds. */
  maxAgeSeconds: z.number().int().min(0).max(86_400).optional(),
});

/** How a request reaches a service through the gateway. */
export const routeSchema = z.strictObject({
  /** First path segments, matched at a segment boundary; the longest match wins. */
  prefix: routePrefix,
  /** Whether the prefix is taken off before the request goes on. */
  strip: z.boolean().default(true),
  /** Put in front as `/api/v{n}` unless the rest begins with `/api` or a bare path. */
  apiVersion: z.number().int().min(1).max(1000).optional(),
  bare: uniqueList(barePath).default([]),
  /** Paths, as the service sees them, that answer 404 at the gateway. */
  deny: uniqueList(urlPath, lowerCase).default([]),
  websocket: z.boolean().default(false),
  /** Time to a connection with the service, milliseconds. */
  connectTimeoutMs: z.number().int().min(10).max(600_000).optional(),
  /** Time to the first byte of the answer, milliseconds. */
  responseTimeoutMs: z.number().int().min(100).max(86_400_000).optional(),
  /** Largest request body, bytes. */
  maxBodyBytes: z.number().int().min(0).optional(),
  /** Requests at the service at once; `queue` more wait up to `queueMs` milliseconds, the rest get 503. */
  concurrency: z
    .strictObject({
      max: z.number().int().min(1).max(100_000),
      queue: z.number().int().min(0).max(100_000).optional(),
      queueMs: z.number().int().min(1).max(600_000).optional(),
    })
    .optional(),
  /**
   * WebSockets and event streams open at once: by all clients together (default: `concurrency.max`), and by one client
   * address (IPv6: its /64).
   */
  tunnels: z
    .strictObject({
      max: z.number().int().min(1).max(1_000_000).optional(),
      perClient: z.number().int().min(1).max(1_000_000).optional(),
    })
    .optional(),
  /** More than this is answered 429: by one client address (IPv6: its /64), and by all of them together. */
  rateLimit: z.strictObject({ perClient: bucket.optional(), total: bucket.optional() }).optional(),
  /** Default: the stack's `platform:cors`; without that the service's own answers pass as they are. */
  cors: corsSchema.optional(),
  /** What its clients may expect; alerts follow from it. */
  budget: budgetSchema.prefault({}),
});

const storeNeeds = eachStore(({ need }) => need.optional()) as {
  readonly [K in StoreKind]: z.ZodOptional<StoreOf<K>["need"]>;
};

/** Its parent is mounted, too, where the root of a container is not written. */
const keyFolder = folder.refine(
  (text) => !["/", "/tmp", "/run", "/etc"].includes(dirname(text)),
  "must lie in a folder of the program's own, such as /app/keys",
);

/** Why a text is no user of a container; undefined when it is one. Source: Kubernetes, SecurityContext: ids of 31 bits, and no root. */
function validateUser(text: string): string | undefined {
  const [uid, gid, ...more] = text.split(":");
  const isId = (id: string | undefined) => /^(0|[1-9]\d{0,9})$/.test(id ?? "") && Number(id) <= 2_147_483_647;
  if (!isId(uid) || (gid !== undefined && !isId(gid)) || more.length > 0)
    return "must be uid or uid:gid, numbers up to 2147483647";
  return uid === "0" ? "must not be root, whom no cluster lets run here" : undefined;
}

const needsSchema = z.strictObject({
  ...storeNeeds,
  /** Services it calls by HTTP. */
  calls: uniqueList(z.string()).default([]),
  /** Servers outside the platform that it connects to (SMTP, an API of somebody else's): a cluster lets nothing else out. */
  egress: uniqueList(egress).default([]),
  /** Directories that outlive the container. */
  volumes: z.array(z.strictObject({ name: hostLabel, path: folder })).default([]),
  /** Where the platform's RSA pair is mounted read-only; the service must find it there when it starts. */
  signingKey: z.strictObject({ directory: keyFolder }).optional(),
});

/** What a service is and what it needs. The functions it carries are checked apart. */
export const serviceSchema = z.strictObject({
  /** Repository and tag of the image built from the service's own repository. */
  image: z.strictObject({ repository: imageRepository, tag: imageTag }),
  /** Names that it had before: what its login owns in Postgres goes on with it. They may stay here for good. */
  renamedFrom: uniqueList(serviceName).default([]),
  /** The public repository a `git` source is built from. */
  repository: gitRepository.optional(),
  /** The role of the sample service that stands in for it. */
  sample: z.enum(["auth", "core", "messaging", "basic"]),
  port,
  user: validText(validateUser).optional(),
  routes: z.array(routeSchema).default([]),
  health: z.strictObject({
    probe: z.union([z.strictObject({ http: urlPath }), z.strictObject({ tcp: z.literal(true) })]),
    /** What the service's own image can run a probe with; none of them has curl. */
    tool: z.enum(["wget", "bash", "none"]),
    /** Longest time from start to healthy, seconds. */
    startupSeconds: seconds(1).default(60),
  }),
  /** Time between SIGTERM and SIGKILL, seconds. */
  stopGraceSeconds: seconds(1).default(30),
  replicas: z.strictObject({ max: z.number().int().min(1).max(200), why: visible }),
  memoryMiB: memory(32).default(384),
  needs: needsSchema.prefault({}),
  /** What `./beat verify` may try of it beside its routes and its health. */
  verify: verifySchema.prefault({}),
});

/** A service as parsed, every default filled in. */
export type ServiceDefinition = z.output<typeof serviceSchema>;
/** A route as parsed, every default filled in. */
export type RouteDefinition = z.output<typeof routeSchema>;
type ServiceInput = z.input<typeof serviceSchema>;
/** What a service may ask for. */
export type Needs = z.input<typeof needsSchema>;

/** Facts that a stack sets and every service may read. */
export interface StackInfo {
  /** Public host name of the platform; browsers' origins are checked against it. */
  readonly publicHost: string;
  /** `Development` turns on core's Swagger. */
  readonly environment: "Development" | "Production";
  readonly jwt: {
    readonly issuer: string;
    readonly audience: string;
    readonly accessMinutes: number;
    /** In units of 30 days. */
    readonly refreshMonths: number;
  };
}

/** What an `env` function is given of a store, for each that the service asked for. */
type StoreRefs<N> = {
  readonly [K in StoreKind as N extends Readonly<Record<K, object>> ? K : never]: RefsFor<
    NonNullable<StoreOf<K>["refsKind"]>,
    N[K & keyof N]
  >;
};

/** Exactly the references that a service asked for: a store it did not name is not there, for the compiler too. */
export type RefsOf<N extends Needs> = {
  readonly port: Value;
  readonly stack: StackInfo;
  /** A secret of this service's own, generated once. */
  readonly secret: (name: string) => Value;
} & StoreRefs<N> &
  (N extends { calls: readonly (infer C extends string)[] }
    ? { readonly calls: { readonly [S in C]: Address } }
    : unknown);

/** A service definition: its facts, its needs as literal types, and its environment. */
export interface Service<N extends Needs = Needs> extends Omit<ServiceInput, "needs"> {
  readonly needs: N;
  // Method syntax: a service with narrower references is still a Service.
  env(refs: RefsOf<N>): Readonly<Record<string, EnvValue>>;
}

/** Declares a service; the literal types of `needs` decide what `env` receives. */
export function defineService<const N extends Needs>(service: Service<N>): Service<N> {
  return service;
}
