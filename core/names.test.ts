import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { kindsWithLogin, storeHosts, storeKinds } from "../stores/index.ts";
import { keyfileSecret } from "../stores/mongo/replica-set.ts";
import {
  administratorSecret,
  backupOf,
  consumerWatchName,
  freeName,
  gatewayName,
  passwordName,
  provisionerOf,
  publicKeyName,
  retireOf,
  roleName,
  signingKeyName,
  validateServiceName,
  validateVolumeName,
} from "./names.ts";

const kinds = storeKinds;
/** The words of the stores, as the definition's check gives them. */
const words = kinds.flatMap((kind) => [kind, storeHosts[kind]]);
/** Names that the platform gives to something of its own. */
const own = [
  gatewayName,
  "proxy",
  ...Object.values(storeHosts),
  ...kinds,
  ...kinds.map(provisionerOf),
  ...kinds.map(retireOf),
  ...kinds.map(backupOf),
  ...kinds.map((kind) => `${kind}-0`),
  ...kinds.map((kind) => `${kind}-members`),
  ...kinds.map((kind) => `${kind}-data`),
  "mongo-express",
  "redis-ui",
  "backups-bucket",
  "gateway-routes",
  ...kindsWithLogin.map(administratorSecret),
  keyfileSecret,
  signingKeyName,
  publicKeyName,
  consumerWatchName,
];
/** What a definition takes for a service's name: a DNS label. */
const label = fc.stringMatching(/^[a-z][a-z0-9-]{0,40}$/);
const free = label.filter((name) => validateServiceName(name, words) === undefined);

describe("names of services", () => {
  test.each(own)("%s is refused: it is the platform's", (name) => {
    expect(validateServiceName(name, words)).toContain(`"${name}"`);
  });

  test.each(["admin", "public", "none", "localhost", "pg-bouncer"])("%s is refused", (name) => {
    expect(validateServiceName(name, words)).toContain(`"${name}"`);
  });

  test.each(["auth-service", "core-service", "loyalty", "administration", "pgadmin", "backend", "proxies"])(
    "%s is free",
    (name) => expect(validateServiceName(name, words)).toBeUndefined(),
  );

  test("what is proposed instead of a name that is taken is free", () => {
    for (const name of [...own, "admin", "public", "none", "localhost"])
      expect(validateServiceName(freeName(name), words)).toBeUndefined();
  });

  test("free ones never give the name of a secret or role that something else has (property)", () => {
    const stores = kindsWithLogin;
    const fixed = [keyfileSecret, signingKeyName, publicKeyName, ...stores.map(administratorSecret)];
    fc.assert(
      fc.property(free, free, (one, other) => {
        for (const store of stores) expect(fixed).not.toContain(passwordName(store, one));
        expect(["postgres", "admin", "public", "none"]).not.toContain(roleName(one));
        expect(roleName(one)).not.toMatch(/^pg_/);
        if (one === other) return;
        const names = [one, other].flatMap((name) => stores.map((store) => passwordName(store, name)));
        expect(new Set(names).size).toBe(2 * stores.length);
        expect(roleName(one)).not.toBe(roleName(other));
      }),
    );
  });
});

test.each(["tmp", "keys", "key-home", "postgres-data", "data-postgres-0", "backups", "redis-data"])(
  "a service's volume cannot be called %s",
  (name) => expect(validateVolumeName(name, words)).toContain(`"${name}"`),
);
test.each(["core-public", "uploads", "admin", "data"])("a service's volume can be called %s", (name) =>
  expect(validateVolumeName(name, words)).toBeUndefined(),
);
