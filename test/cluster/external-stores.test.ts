import { afterAll, describe, expect, test } from "vitest";
import { imageReference } from "../../config/catalogue.ts";
import { backUp, restore } from "../../infra/kubernetes/operate/backups.ts";
import { makePassword } from "../../infra/secrets/values.ts";
import { expectWired, isKnown, signUp } from "../engine/journey.ts";
import { ClusterStack } from "./cluster-stack.ts";
import { Neighbour, type Server, selfSigned } from "./neighbour.ts";
import { missingForCluster } from "./requirements.ts";

const minutes = 60_000;
const missing = await missingForCluster();

/**
 * A PostgreSQL that somebody else runs. Its administrator must come over TLS, as a managed service's does; the platform's
 * services cannot: they speak plain text.
 */
const postgres = (certificate: string, key: string, password: string, image: string): Server => ({
  name: "db",
  port: 5432,
  uid: 999,
  secret: {
    password,
    "tls.crt": certificate,
    "tls.key": key,
    "pg_hba.conf": [
      "local all all trust",
      "hostnossl all boss all reject",
      "hostssl all boss all scram-sha-256",
      "host all all all scram-sha-256",
      "",
    ].join("\n"),
  },
  container: {
    image,
    args: [
      "postgres",
      ...[
        "ssl=on",
        "ssl_cert_file=/given/tls.crt",
        "ssl_key_file=/given/tls.key",
        "hba_file=/given/pg_hba.conf",
      ].flatMap((option) => ["-c", option]),
    ],
    env: [
      { name: "POSTGRES_USER", value: "boss" },
      { name: "POSTGRES_PASSWORD_FILE", value: "/given/password" },
      { name: "PGDATA", value: "/var/lib/postgresql/data/pgdata" },
    ],
    // The first boot's temporary server answers on its socket alone.
    readinessProbe: { exec: { command: ["pg_isready", "-q", "-h", "127.0.0.1"] }, periodSeconds: 1 },
    volumeMounts: [
      { name: "data", mountPath: "/var/lib/postgresql/data" },
      { name: "run", mountPath: "/var/run/postgresql" },
      { name: "given", mountPath: "/given", readOnly: true },
    ],
  },
  volumes: [
    { name: "data", emptyDir: {} },
    { name: "run", emptyDir: {} },
    { name: "given", secret: { secretName: "db", defaultMode: 0o440 } },
  ],
});

const redis = (image: string): Server => ({
  name: "valkey",
  port: 6379,
  uid: 999,
  container: {
    image,
    args: ["redis-server", "--protected-mode", "no", "--maxmemory-policy", "noeviction", "--dir", "/data"],
    volumeMounts: [{ name: "data", mountPath: "/data" }],
  },
  volumes: [{ name: "data", emptyDir: {} }],
});

// The tests of this file tell one story and depend on one another's order.
describe("stores that somebody else runs, on a real cluster", { timeout: 10 * minutes }, () => {
  const stack = new ClusterStack();
  const others = new Neighbour(`${stack.namespace}-stores`);
  const sql = (database: string, query: string): Promise<string> =>
    others.exec("db", "psql", "-U", "boss", "-d", database, "-tAc", query);
  const rows = () =>
    sql("core_service", "SELECT count(*), md5(string_agg(p::text, '|' ORDER BY id)) FROM sample.profiles p");
  const story = (name: string, body: () => Promise<void>) =>
    test(name, async ({ skip }) => {
      if (missing !== undefined) skip(missing);
      await body();
    });

  afterAll(async () => {
    if (missing !== undefined) return;
    await stack.remove();
    await others.remove();
  }, 5 * minutes);

  story("comes up on a Postgres over TLS and a Redis of another namespace", async () => {
    await stack.load();
    const { images } = stack.settings;
    const { certificate, key } = await selfSigned(others.hostOf("db"));
    const password = makePassword();
    await others.run([
      postgres(certificate, key, password, imageReference("postgres", images)),
      redis(imageReference("redis", images)),
    ]);
    stack.secrets = { ...stack.secrets, "postgres-admin": password };
    stack.vary({
      kubernetes: { kafka: { cpu: "30m", brokers: 1, volume: { size: "1Gi" } } },
      external: {
        postgres: { host: others.hostOf("db"), adminUser: "boss", ca: certificate },
        redis: { host: others.hostOf("valkey") },
      },
    });
    await stack.up();
    const sets = await stack.kubectl("get", "statefulset", "-o", "jsonpath={.items[*].metadata.name}");
    expect(sets.split(" ").sort()).toEqual(["kafka", "mongo"]);
    expect(await stack.up()).toEqual({});
  });

  story("a sign-up goes through, and its rows and tokens are in those stores", async () => {
    await expectWired(stack, ["/auth", "/core", "/messaging"]);
    const account = await signUp(stack);
    expect(await isKnown(stack, account)).toBe(true);
    expect(Number((await rows()).split("|")[0])).toBe(1);
    expect(Number(await others.exec("valkey", "redis-cli", "dbsize"))).toBeGreaterThan(0);
  });

  story("a dropped database of such a store comes back from its backup, row for row", async () => {
    const before = await rows();
    const session = await stack.session();
    await backUp(session, "postgres");
    await sql("postgres", "DROP DATABASE core_service WITH (FORCE)");
    await restore(session, { store: "postgres", database: "core_service", from: "latest" });
    expect(await rows()).toBe(before);
    await expectWired(stack, ["/auth", "/core", "/messaging"]);
    await signUp(stack);
  });

  story("a wrong password is named by up, the platform goes on, and the right one repairs it", async () => {
    const right = stack.secrets;
    stack.secrets = { ...right, "postgres-admin": makePassword() };
    const start = Date.now();
    await expect(stack.up()).rejects.toThrow(/provision-postgres/);
    // Waiting would not have made it right.
    expect(Date.now() - start).toBeLessThan(2 * minutes);
    const said = (await (await stack.session()).target.explain()).join("\n");
    expect(said).toMatch(
      /provision-postgres-\S+: [\s\S]*password authentication failed for user "boss"; fix: make the secret postgres-admin what the store has/,
    );
    await signUp(stack);
    // The former values come back, whose objects are still there.
    stack.secrets = right;
    await stack.up();
    expect(await stack.up()).toEqual({});
    await signUp(stack);
  });
});
