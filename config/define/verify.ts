import { z } from "zod";

/** Paths as the service sees them; `config/public-path.ts` says how a client spells them. */
const path = z
  .string()
  .regex(/^\/[A-Za-z0-9._~/-]*$/, "must be an absolute path without dot segments, query or escapes");
/** What may stand for a value that is made anew for each journey, or that an answer gave. */
const name = z.string().regex(/^[a-z][A-Za-z0-9]*$/, "must be a word of letters and digits");

/** `verify` of a service: what `./beat verify` may try of it beside its routes and its health. It writes nothing. */
export const verifySchema = z.strictObject({
  /** Where it publishes the keys of the tokens that it signs (RFC 7517). */
  jwks: path.optional(),
  /** A WebSocket of it. */
  websocket: z
    .strictObject({
      path,
      query: z.record(z.string(), z.string()).default({}),
      /** The parameter that carries an access token. */
      token: z.string().min(1),
      /** How the service itself refuses whoever has none. */
      refuses: z.number().int().min(400).max(499).default(403),
      /** A message that changes nothing and is answered. */
      beat: z.string().min(1),
    })
    .optional(),
});

/** One request of a journey, at the gateway as clients send it. */
const stepSchema = z.strictObject({
  /** What a person does here. */
  name: z.string().min(1),
  /** Who answers. */
  service: z.string(),
  method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]).default("GET"),
  /** With `{name}` for what is kept. */
  path: z.string().regex(/^\/[A-Za-z0-9._~/{}?=&-]*$/, "must be a path such as /auth/account/token"),
  /** A kept value that goes with it as a bearer token. */
  bearer: name.optional(),
  /** JSON; `{name}` in a text stands for what is kept. */
  body: z.record(z.string(), z.string()).optional(),
  /** What it is answered with. */
  status: z.number().int().min(200).max(299).default(200),
  /** What must stand in the answer; `{name}` in a text stands for what is kept. */
  expects: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  /** A token in the answer whose claim `scope` must hold more than these: what an account may do once an event was read. */
  scopes: z.strictObject({ of: z.string().min(1), beyond: z.array(z.string().min(1)) }).optional(),
  /** Values of the answer that later steps use: name → field. */
  keeps: z.record(name, z.string().min(1)).default({}),
  /** How long it is tried again: what follows from an event takes its time, seconds. */
  withinSeconds: z.number().int().min(0).max(120).default(0),
  /** The stores that it cannot do without. */
  uses: z.array(z.string()).default([]),
});

/**
 * A journey of a new user's through the whole platform, for `./beat verify --journey`. `{email}`, `{password}` and `{id}` are made for
 * each.
 */
export const journeySchema = z.strictObject({
  /** What it makes, told before it begins; `{email}` as in the steps. */
  makes: z.array(z.string().min(1)).min(1),
  steps: z.array(stepSchema).min(1),
  /** What takes away again what it made, tried whatever failed before. */
  removes: z.array(stepSchema).default([]),
  /** What is left for good, and why. */
  leaves: z.string().min(1).optional(),
  /** The kept value that opens WebSockets. */
  token: name.optional(),
});

/** A journey, complete. */
export type Journey = z.output<typeof journeySchema>;
/** A step of it. */
export type JourneyStep = Journey["steps"][number];

/** The kept values that a step takes from those before it. */
export const usedBy = ({ path, body, expects, bearer }: JourneyStep): ReadonlySet<string> =>
  new Set([
    ...[path, ...Object.values(body ?? {}), ...Object.values(expects)].flatMap((text) =>
      [...String(text).matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name),
    ),
    ...(bearer === undefined ? [] : [bearer]),
  ]);
