import { createPublicKey, type KeyObject } from "node:crypto";
import { consumers } from "./consumers.ts";
import { parsed } from "./door.ts";
import { headers } from "./headers.ts";
import { Traveller } from "./journey.ts";
import { jwks } from "./jwks.ts";
import { health, routes } from "./routes.ts";
import { stores } from "./stores.ts";
import type { Subject } from "./subject.ts";
import { Failed, Skipped, type Tried, tried } from "./tried.ts";
import { handshakes, sockets } from "./websocket.ts";

/** How it is verified. */
export interface VerifyOptions {
  /** Go through the platform as a new user does, which writes. */
  readonly journey: boolean;
  /** Told what a journey makes, before it begins. */
  readonly announce: (lines: readonly string[]) => void;
  /** Told what a journey takes away that was ended before its own end. */
  readonly removed?: (one: Tried) => void;
  /** Ends a journey: no step is begun from then on, and what it made is taken away. */
  readonly ended?: AbortSignal;
}

/**
 * Tries a running stack as its clients use it, and looks at its stores and consumers. Nothing is written but by a journey. Results
 * come in the order of the definition.
 */
export async function* verify(subject: Subject, options: VerifyOptions): AsyncGenerator<Tried> {
  const door = await tried("gateway", subject.door.base, () => ready(subject));
  yield door;
  const silent = subject.gone ?? subject.door.base;
  const answers = door.result === "passed" || !door.detail.startsWith(silent);
  // Side by side: one that hangs holds up nobody.
  const looks = answers
    ? [routes, health, jwks, headers, handshakes].flatMap((look) => look(subject))
    : [tried("routes", "all", () => Promise.reject(new Skipped("the gateway does not answer")))];
  for (const look of [...looks, ...stores(subject)]) yield await look;
  if (options.journey && answers) yield* travel(subject, options);
  if (options.ended?.aborted) return;
  // After the journey: a consumer that is deaf is found out by what it should have read.
  for (const look of consumers(subject)) yield await look;
}

async function ready({ door, gone }: Subject): Promise<string> {
  if (gone !== undefined) throw new Failed(gone);
  const { status, text } = await door.ask("/_gateway/ready");
  const { upstreams } = parsed(text) as { upstreams?: readonly { name: string; status: string }[] };
  if (!Array.isArray(upstreams)) throw new Failed(`/_gateway/ready: ${status}, which is no gateway's answer`);
  const away = upstreams.filter((each) => each.status !== "ok").map(({ name }) => name);
  if (away.length > 0) throw new Failed(`${away.join(", ")} cannot be reached`);
  if (status !== 200) throw new Failed(`not ready (${status})`);
  return `${upstreams.length} services answer it`;
}

/** Goes through the platform as a new user does. What that makes is taken away, however it ends. */
export async function* travel(
  subject: Subject,
  { announce, removed, ended }: VerifyOptions,
): AsyncGenerator<Tried> {
  const { journey } = subject.platform;
  if (journey === undefined) {
    yield await tried("journey", "none", async () => {
      throw new Skipped("the definition has no journey");
    });
    return;
  }
  const traveller = new Traveller(subject, journey, ended);
  announce(traveller.announcement());
  let whole = false;
  try {
    yield* traveller.steps();
    const { token } = traveller;
    if (token !== undefined && !ended?.aborted) for (const look of sockets(subject, token)) yield await look;
    whole = !ended?.aborted;
  } finally {
    // Whoever listens no more, or was told to end, leaves nothing behind either.
    if (!whole) for await (const one of traveller.removals()) removed?.(one);
  }
  if (whole) yield* removalsOf(traveller, removed);
}

/** Each is carried out, also when nobody listens any more. */
async function* removalsOf(traveller: Traveller, removed: VerifyOptions["removed"]): AsyncGenerator<Tried> {
  const removals = traveller.removals();
  let told = true;
  try {
    for (let next = await removals.next(); !next.done; next = await removals.next()) {
      told = false;
      yield next.value;
      told = true;
    }
  } finally {
    if (!told) for await (const one of removals) removed?.(one);
  }
}

/** The public part of the key that signs a stack's tokens. @param pem the private key, where it is known. */
export const publicPart = (pem: string | undefined): KeyObject | undefined =>
  pem === undefined ? undefined : createPublicKey(pem);
