import { afterAll, describe, expect, test } from "vitest";
import { comparable, sentObjects, withStableNames } from "../../cli/render/objects.ts";
import { backUp, listBackups, restore } from "../../infra/kubernetes/operate/backups.ts";
import { expectWired, isKnown, signUp } from "../engine/journey.ts";
import { ClusterStack } from "./cluster-stack.ts";
import { ObjectStore, rcloneImage } from "./object-store.ts";
import { renderedBy } from "./rendered-stack.ts";
import { hasImage, missingForCluster } from "./requirements.ts";

const minutes = 60_000;
const missing =
  (await missingForCluster()) ??
  ((await hasImage(rcloneImage)) ? undefined : `the engine here has no image ${rcloneImage}`);
const time = /^\d{8}T\d{6}Z$/;

// The tests of this file tell one story and depend on one another's order.
describe("backups in a bucket, on a real cluster", { timeout: 10 * minutes }, () => {
  const stack = new ClusterStack();
  const store = new ObjectStore(`${stack.namespace}-bucket`);
  let saved: readonly ("postgres" | "mongo")[] = ["postgres"];
  const story = (name: string, body: () => Promise<string | undefined> | Promise<void>) =>
    test(name, async ({ skip }) => {
      if (missing !== undefined) skip(missing);
      const reason = await body();
      if (reason !== undefined) skip(reason);
    });
  const backups = (more: object = {}) => ({
    kafka: { cpu: "30m", brokers: 1, volume: { size: "1Gi" } },
    backups: { schedule: "0 0 1 1 *", keepDays: 3, bucket: store.settings, ...more },
  });
  const sql = (database: string, query: string): Promise<string> =>
    stack.kubectl("exec", "postgres-0", "--", "psql", "-U", "postgres", "-d", database, "-tAc", query);
  /** Every row of core's tables that belong to the service. */
  const rows = () =>
    sql("core_service", "SELECT count(*), md5(string_agg(p::text, '|' ORDER BY id)) FROM sample.profiles p");
  const mongosh = (script: string): Promise<string> =>
    stack.kubectl(
      ...["exec", "mongo-0", "-c", "mongo", "--", "bash", "-c"],
      `{ printf 'const db = connect("mongodb://admin:'; cat /run/secrets/mongo/password; printf '@127.0.0.1/messaging?authSource=admin");\n'; cat <<'JS'\n${script}\nJS\n} > /tmp/ask.js && mongosh --quiet --nodb --file /tmp/ask.js`,
    );
  /** Every document of messaging, and the indexes. */
  const documents = () =>
    mongosh(
      "for (const name of db.getCollectionNames().sort()) print(name, EJSON.stringify(db[name].find().sort({ _id: 1 }).toArray()), EJSON.stringify(db[name].getIndexes().map((index) => index.key)))",
    );

  afterAll(async () => {
    if (missing !== undefined) return;
    await stack.remove();
    await store.remove();
  }, 5 * minutes);

  story("comes up with a bucket in place of a claim, and what was sent is what render writes", async () => {
    await stack.load([rcloneImage]);
    await store.start();
    stack.secrets = { ...stack.secrets, ...store.keys };
    stack.vary({ kubernetes: backups() });
    await stack.up();
    const claims = await stack.kubectl("get", "pvc", "-o", "jsonpath={.items[*].metadata.name}");
    expect(claims).not.toContain("backups");
    const sent = withStableNames(sentObjects(await stack.state())).map(comparable);
    expect(await renderedBy(stack)).toEqual(JSON.parse(JSON.stringify(sent)));
    expect(await stack.up()).toEqual({});
    const tools = ["exec", "mongo-0", "-c", "mongo", "--", "bash", "-c", "command -v mongodump || true"];
    if ((await stack.kubectl(...tools)) !== "") saved = ["postgres", "mongo"];
  });

  story("each database is saved as an object of its own; what is too old goes", async () => {
    await signUp(stack);
    const session = await stack.session();
    const old = `${stack.namespace}/postgres/core_service/20200101T000000Z.dump`;
    const foreign = `${stack.namespace}/postgres/core_service/from-elsewhere.dump`;
    await store.put(old);
    await store.put(foreign);
    for (const kind of saved) console.log((await backUp(session, kind)).join("\n"));
    const objects = await store.objects();
    expect(objects).not.toContain(old);
    expect(objects).toContain(foreign);
    const listed = await listBackups(session);
    expect(
      listed.map(({ store, database, file }) => `${stack.namespace}/${store}/${database}/${file}`),
    ).toEqual(objects);
    const ours = listed.filter(({ file }) => time.test(file.split(".")[0] ?? ""));
    expect(ours.map(({ database }) => database)).toEqual([
      ...(saved.includes("mongo") ? ["messaging"] : []),
      ...["auth_service", "core_service", "messaging_service"],
    ]);
    for (const { bytes } of ours) expect(bytes).toBeGreaterThan(100);
  });

  story("a dropped database comes back from the bucket, row for row", async () => {
    const account = await signUp(stack);
    const session = await stack.session();
    const before = await rows();
    expect(Number(before.split("|")[0])).toBeGreaterThan(1);
    await backUp(session, "postgres");
    await sql("postgres", "DROP DATABASE core_service WITH (FORCE)");
    const lines = await restore(session, { store: "postgres", database: "core_service", from: "latest" });
    expect(lines.at(-1)).toMatch(/core_service is restored from \d{8}T\d{6}Z\.dump/);
    expect(await rows()).toBe(before);
    await expectWired(stack, ["/auth", "/core", "/messaging"]);
    expect(await isKnown(stack, account)).toBe(true);
  });

  story("a dropped database of MongoDB comes back, document for document", async () => {
    if (!saved.includes("mongo")) return "the image mongo:8.0 at hand has no mongodump";
    const session = await stack.session();
    const before = await documents();
    expect(before).toContain("$oid");
    await backUp(session, "mongo");
    await mongosh("db.dropDatabase()");
    expect(await documents()).not.toBe(before);
    const lines = await restore(session, { store: "mongo", database: "messaging", from: "latest" });
    console.log(lines.join("\n"));
    expect(await documents()).toBe(before);
    // What it was before, empty, is an object too, and not what a second restore would take.
    expect((await store.objects()).filter((key) => key.includes(".before-restore."))).toHaveLength(1);
    await restore(session, { store: "mongo", database: "messaging", from: "latest" });
    expect(await documents()).toBe(before);
    await signUp(stack);
    return undefined;
  });

  story("a backup that is not in the bucket is named, and nothing is touched", async () => {
    const before = await rows();
    const wanted = { store: "postgres", database: "core_service", from: "20010101T000000Z.dump" };
    await expect(restore(await stack.session(), wanted)).rejects.toThrow(
      /there is no backup postgres\/core_service\/20010101T000000Z\.dump in the bucket/,
    );
    expect(await rows()).toBe(before);
  });

  story("a wrong key is said by the backup; only the backups are changed with it", async () => {
    stack.secrets = { ...stack.secrets, "backups-secret-access-key": "not/the+right=key" };
    const changes = await stack.up();
    expect(new Set(Object.values(changes).flat())).toEqual(
      new Set(["backups-bucket", "backup-postgres", "backup-mongo"]),
    );
    const before = await store.objects();
    await expect(backUp(await stack.session(), "postgres")).rejects.toThrow(/StatusCode: 403/);
    expect(await store.objects()).toEqual(before);
    stack.secrets = { ...stack.secrets, ...store.keys };
    await stack.up();
    await backUp(await stack.session(), "postgres");
  });

  story(
    "a backup whose image cannot be pulled is given up and named long before its time is over",
    async () => {
      const { images } = stack.settings;
      const overrides = { ...images.overrides, rclone: { reference: "localhost/rclone:nowhere" } };
      stack.vary({ kubernetes: backups(), images: { ...images, overrides } });
      await stack.up();
      const jobs = () => stack.kubectl("get", "jobs", "-o", "name");
      const before = await jobs();
      const start = Date.now();
      await expect(backUp(await stack.session(), "postgres")).rejects.toThrow(
        /cannot start[\s\S]*localhost\/rclone:nowhere/,
      );
      expect(Date.now() - start).toBeLessThan(2 * minutes);
      expect(await jobs()).toBe(before);
      stack.vary({ kubernetes: backups(), images });
      await stack.up();
    },
  );

  story("a stack goes back to a claim, and says when it was not brought up since", async () => {
    const { "backups-access-key-id": _id, "backups-secret-access-key": _key, ...others } = stack.secrets;
    stack.secrets = others;
    stack.vary({ kubernetes: backups({ bucket: undefined, volume: { size: "1Gi" } }) });
    await expect(listBackups(await stack.session())).rejects.toThrow(/other settings than it has now/);
    await stack.up();
    const session = await stack.session();
    expect(await listBackups(session)).toEqual([]);
    for (const kind of saved) await backUp(session, kind);
    expect((await listBackups(session)).map(({ store }) => store)).toContain("postgres");
    if (!saved.includes("mongo")) return;
    const before = await documents();
    await mongosh("db.dropDatabase()");
    await restore(session, { store: "mongo", database: "messaging", from: "latest" });
    expect(await documents()).toBe(before);
  });
});
