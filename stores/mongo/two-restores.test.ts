import { spawn, spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { storeOf } from "../index.ts";
import type { AnyUse } from "../store.ts";
import { mongo } from "./store.ts";

const { repository, tag } = mongo.images.mongo;
const image = `${repository}:${tag}`;
const isHere = spawnSync("docker", ["image", "inspect", image]).status === 0;
if (!isHere) test.skip(`two restores on a real MongoDB: the engine has no ${image}`, () => {});
const { backup } = storeOf("mongo");
if (backup === undefined) throw new Error("MongoDB is saved");

const use: AnyUse = {
  facts: { port: 27017 },
  needs: [{ service: "core-service", need: { database: "core", indexes: [] } }],
  topics: {},
  address: { host: "127.0.0.1", port: 27017 },
  external: undefined,
  cluster: undefined,
};
const restore = backup.restore(use, { database: "core", from: "latest", fetched: true }).script;
const drill = backup.verify(use);
const save = backup.script(use, { keepDays: 3 });

/** In place of MongoDB's tools: one collection with one document, and a restore apart waits until it is let go on. */
const tools = `
mkdir -p /tools /run/secrets/backup; printf Password1234 > /run/secrets/backup/password
cat > /tools/mongodump <<'SH'
#!/bin/bash
for word; do case "$word" in --archive=*) echo dump > "\${word#*=}" ;; esac; done
echo "done dumping core.accounts (1 document)" >&2
SH
cat > /tools/mongorestore <<'SH'
#!/bin/bash
for word; do case "$word" in
--config=*) config="\${word#*=}" ;; --nsTo=*) to="\${word#*=}" ;; --nsInclude=*) include="\${word#*=}" ;; esac; done
into="\${to:-$include}" into="\${into%.*}"
{ sed -n 's/^uri: \\(.*\\)$/const at = connect("\\1");/p' "$config"; printf 'at.getSiblingDB("%s").getCollection("accounts").replaceOne({ _id: 1 }, { _id: 1 }, { upsert: true });' "$into"; } > "$config.js"
mongosh --quiet --nodb --file "$config.js" > /dev/null
while [ -n "\${to:-}" ] && [ -e /hold ]; do sleep 0.1; done
SH
chmod +x /tools/*
`;

// The tests of this file tell one story and depend on one another's order.
describe.runIf(isHere)(`on ${image} of the engine`, { timeout: 300_000 }, () => {
  let container = "";
  /** A script as a pod of that name runs it, with a spool of its own; every host has another name. */
  const inPod = (pod: string, script: string): readonly string[] => [
    "exec",
    container,
    "bash",
    "-c",
    `export PATH=/tools:$PATH; mkdir -p /pods/${pod}/tmp; ${script
      .replaceAll("/backups", `/pods/${pod}/backups`)
      .replaceAll(/\/tmp\/(?=[$\w])/g, `/pods/${pod}/tmp/`)}`,
  ];
  const run = (pod: string, script: string) => spawnSync("docker", inPod(pod, script), { encoding: "utf8" });
  const begin = (pod: string, script: string) => {
    const child = spawn("docker", inPod(pod, script));
    const said: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (data: Buffer) => said.push(String(data)));
    return new Promise<{ code: number | null; said: string }>((resolve) =>
      child.once("close", (code) => resolve({ code, said: said.join("") })),
    );
  };
  const databases = (): string[] => {
    const { stdout } = run(
      "looker",
      `echo 'print(JSON.stringify(connect("mongodb://admin:Password1234@127.0.0.1/?authSource=admin").getSiblingDB("admin").runCommand({ listDatabases: 1, nameOnly: true }).databases.map(({ name }) => name)))' > /tmp/look.js; mongosh --quiet --nodb --file /tmp/look.js`,
    );
    return (JSON.parse(stdout || "[]") as string[]).filter((name) => /_restore_|beat_drill/.test(name));
  };
  const until = async (is: () => boolean): Promise<void> => {
    const deadline = Date.now() + 120_000;
    while (!is()) {
      if (Date.now() > deadline) throw new Error("it does not come");
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  const hold = (on: boolean) => run("looker", on ? "touch /hold" : "rm -f /hold");

  beforeAll(async () => {
    const env = ["-e", "MONGO_INITDB_ROOT_USERNAME=admin", "-e", "MONGO_INITDB_ROOT_PASSWORD=Password1234"];
    container = spawnSync("docker", ["run", "-d", "--rm", ...env, image], { encoding: "utf8" }).stdout.trim();
    const { stderr } = spawnSync("docker", ["exec", container, "bash", "-c", tools], { encoding: "utf8" });
    expect(stderr).toBe("");
    for (const pod of ["night", "hand"]) await until(() => run(pod, save).status === 0);
  }, 300_000);
  afterAll(() => void spawnSync("docker", ["rm", "-f", "-v", container]));

  test("while one pod restores, another refuses to restore the same, and a drill and a backup have their turn afterwards", async () => {
    hold(true);
    const first = begin("night", restore);
    await until(() => databases().length === 1);
    expect(run("hand", restore)).toMatchObject({
      status: 6,
      stderr: "another restore of core is under way; nothing was changed: wait until it has ended\n",
    });
    const order: string[] = [];
    const note = (name: string, running: ReturnType<typeof begin>) => running.finally(() => order.push(name));
    const all = [
      note("restore", first),
      note("drill", begin("hand", drill)),
      note("backup", begin("third", save)),
    ];
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(databases()).toEqual([expect.stringMatching(/^core_restore_/)]);
    expect(order).toEqual([]);
    hold(false);
    for (const { code, said } of await Promise.all(all)) expect(code, said).toBe(0);
    expect(order[0]).toBe("restore");
    expect(databases()).toEqual([]);
  });

  test("of a restore that was killed the next one of the same spool drops the trial; another pod's it leaves, until that is old", async () => {
    hold(true);
    const killed = begin("night", `echo $$ > /pods/pid; ${restore}`);
    await until(() => databases().length === 1);
    const [trial] = databases();
    run("looker", "kill -9 $(cat /pods/pid); pkill -9 mongorestore");
    await killed;
    hold(false);
    // Whether that one is at work nobody can tell from there: only one that knows that it is alone goes on.
    expect(run("hand", restore).status).toBe(6);
    const aloneSince = (time: string) =>
      run("hand", `export BEAT_ALONE=$(date +%s -d '${time}')\n${restore}`);
    // It has begun since, e.g. the restore of another operator at the same moment.
    expect(aloneSince("1 hour ago").status).toBe(6);
    const alone = aloneSince("now");
    expect(alone.status, alone.stderr).toBe(0);
    expect(databases()).toEqual([trial]);
    const again = run("night", drill);
    expect(again.status, again.stderr).toBe(0);
    expect(databases()).toEqual([]);
  });
});
