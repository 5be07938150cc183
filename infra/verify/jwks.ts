import { createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { publicPaths } from "../../config/public-path.ts";
import { parsed } from "./door.ts";
import { routed, type Subject } from "./subject.ts";
import { Failed, type Tried, tried } from "./tried.ts";

/** Whether the keys that a service publishes are those that the stack's tokens are signed with (RFC 7517). */
export const jwks = (subject: Subject): Promise<Tried>[] =>
  routed(subject.platform).flatMap((service) => {
    const { jwks: path } = service.verify;
    if (path === undefined) return [];
    return publicPaths(service, path).map((at) =>
      tried("jwks", at, async () => {
        const { status, text } = await subject.door.service(at);
        if (status !== 200) throw new Failed(`answered ${status}`);
        return judge(text, service.needs.signingKey === undefined ? undefined : subject.publicKey);
      }),
    );
  });

/** @param own the key that must be among them, where it is known. */
function judge(text: string, own: KeyObject | undefined): string {
  const { keys } = parsed(text) as { keys?: readonly (JsonWebKey & { kid?: unknown })[] };
  if (!Array.isArray(keys) || keys.length === 0) throw new Failed("there are no keys in it");
  const readable = keys.map((key) => {
    // What signs must never be published (RFC 7518, 6.3.2).
    if (key.d !== undefined) throw new Failed("a private key is published");
    try {
      return { kid: String(key.kid), key: createPublicKey({ key, format: "jwk" }) };
    } catch {
      throw new Failed(`the key ${String(key.kid)} cannot be read`);
    }
  });
  const kids = readable.map(({ kid }) => kid.slice(0, 12)).join(", ");
  if (own === undefined) return `${keys.length} of keys: ${kids}`;
  const found = readable.find(({ key }) => key.equals(own));
  if (found === undefined)
    throw new Failed(`the stack's signing key is not among them (${kids}): its tokens count for nothing`);
  return `the stack's signing key, ${found.kid.slice(0, 12)}`;
}
