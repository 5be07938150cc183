import { createHash, createPublicKey, generateKeyPairSync, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { createRemoteJWKSet, importPKCS8, importSPKI, type JWTPayload, jwtVerify, SignJWT } from "jose";
import { required } from "./env.ts";
import { Refusal } from "./http.ts";

/** Signs tokens with the key under `www/keys`, making one only when the directory is not there. */
export async function openKeys() {
  if (!existsSync("www/keys")) {
    mkdirSync("www/keys", { recursive: true });
    const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
    writeFileSync("www/keys/private.pem", pair.privateKey.export({ type: "pkcs8", format: "pem" }), {
      mode: 0o600,
    });
    writeFileSync("www/keys/public.pem", pair.publicKey.export({ type: "spki", format: "pem" }));
  }
  const key = await importPKCS8(readFileSync("www/keys/private.pem", "utf8"), "RS256");
  const publicPem = readFileSync("www/keys/public.pem", "utf8");
  const publicKey = createPublicKey(publicPem);
  const kid = createHash("sha256")
    .update(publicKey.export({ type: "pkcs1", format: "der" }))
    .digest("hex");
  const jwks = { keys: [{ ...publicKey.export({ format: "jwk" }), kid, use: "sig", alg: "RS256" }] };
  const verifyKey = await importSPKI(publicPem, "RS256");
  return {
    jwks,
    verify: async (request: IncomingMessage) => (await jwtVerify(bearer(request), verifyKey)).payload,
    sign: (typ: "access" | "refresh", seconds: number, claims: JWTPayload & { sub: string }) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: "RS256", kid, typ })
        .setIssuer(required("JWT_ISSUER"))
        .setAudience([required("JWT_AUDIENCE")])
        .setJti(randomUUID())
        .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
        .sign(key),
  };
}

/** Verifies tokens of the auth service by its published keys. */
export function remoteVerifier(): {
  verify: (token: string) => Promise<JWTPayload>;
  check: () => Promise<string>;
} {
  const url = new URL(required("JWKS_URL"));
  const keys = createRemoteJWKSet(url, { cooldownDuration: 1000 });
  return {
    verify: async (token) => (await jwtVerify(token, keys)).payload,
    check: async () => {
      const response = await fetch(url, { signal: AbortSignal.timeout(3000) });
      const { keys: found } = (await response.json()) as { keys: unknown[] };
      if (found.length === 0) throw new Error("the key set is empty");
      return `${found.length} key from ${url.host}`;
    },
  };
}

/** The bearer token of a request. @throws {Refusal} 401 without one. */
export function bearer(request: IncomingMessage): string {
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
  if (token === undefined) throw new Refusal(401, "a bearer token is missing");
  return token;
}
