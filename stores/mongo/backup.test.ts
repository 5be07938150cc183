import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { storeOf } from "../index.ts";
import type { AnyUse, Backup } from "../store.ts";

const use: AnyUse = {
  facts: { port: 27017 },
  needs: [{ service: "core-service", need: { database: "core", indexes: [] } }],
  topics: {},
  address: { host: "store.example.org", port: 27017 },
  external: undefined,
  cluster: undefined,
};
const mongo = (): Backup => {
  const { backup } = storeOf("mongo");
  if (backup === undefined) throw new Error("it is not saved");
  return backup;
};

/** In place of a server and its tools: a file, and what of mongodump, mongorestore and mongosh the scripts rely on. */
const tools = `#!/usr/bin/env node
import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
const option = (name) => process.argv.find((word) => word.startsWith("--" + name + "="))?.split("=")[1];
const server = JSON.parse(readFileSync(process.env.SERVER, "utf8"));
const tool = basename(process.argv[1]);
if (tool === "mongodump") {
  const [name, held] = [option("db"), server[option("db")] ?? {}];
  writeFileSync(option("archive"), JSON.stringify(held));
  for (const [collection, { type, count }] of Object.entries(held)) {
    const inside = type === "timeseries" ? "system.buckets." + collection : collection;
    const dumped = { view: 0, timeseries: 1 }[type] ?? count;
    console.error("2026-11-28T02:17:00.000+0000\tdone dumping " + name + "." + inside + " (" + dumped + " document" + (dumped === 1 ? ")" : "s)"));
  }
} else if (tool === "mongorestore") {
  const to = (option("nsTo") ?? option("nsInclude")).replace(/[.][*]$/, "");
  server[to] = { ...server[to], ...JSON.parse(readFileSync(option("archive"), "utf8")) };
} else {
  const fits = (held, { _id, ...wanted }) =>
    held !== undefined && Object.entries(wanted).every(([key, value]) =>
      key === "$or" ? value.some((one) => fits(held, one))
      : key === "$nor" ? !value.some((one) => fits(held, one))
      : typeof value === "object" ? new Date(held[key]) < value.$lt : held[key] === value);
  const locks = {
    findOne: (wanted) => (fits(server.beat_lock?.held, wanted) ? server.beat_lock.held : null),
    findOneAndUpdate: (wanted, { $set }) => {
      if (server.beat_lock !== undefined && !fits(server.beat_lock.held, wanted))
        throw Object.assign(new Error("duplicate key"), { code: 11000 });
      server.beat_lock = { held: $set };
    },
    deleteOne: (wanted) => { if (fits(server.beat_lock?.held, wanted)) delete server.beat_lock; },
  };
  const database = (name) => ({
    runCommand: () => ({ localTime: new Date(), databases: Object.keys(server).map((name) => ({ name })) }),
    dropDatabase: () => delete server[name],
    getCollectionInfos: () =>
      Object.entries(server[name] ?? {}).flatMap(([one, { type }]) => [
        { name: one, type },
        ...(type === "timeseries" ? [{ name: "system.buckets." + one, type: "collection" }] : []),
        ...(type === "view" ? [{ name: "system.views", type: "collection" }] : []),
      ]),
    getCollection: (one) => name === "beat_lock" ? locks : ({ countDocuments: () => server[name][one].count, drop: () => delete server[name][one] }),
  });
  const script = readFileSync(process.argv.at(-1), "utf8");
  new Function("connect", "print", script)(() => ({ getSiblingDB: database }), console.log);
}
writeFileSync(process.env.SERVER, JSON.stringify(server));
`;

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "beat-mongo-"));
  writeFileSync(join(home, "package.json"), '{ "type": "module" }');
  for (const name of ["mongodump", "mongorestore", "mongosh"])
    writeFileSync(join(home, name), tools, { mode: 0o755 });
});
afterEach(() => rmSync(home, { recursive: true }));

const run = (script: string) =>
  spawnSync(
    "bash",
    [
      "--norc",
      "-c",
      script
        .replaceAll("/backups", join(home, "kept"))
        .replaceAll("/run/secrets/backup/password", "/dev/null")
        .replaceAll(/\/tmp\/(?=[$\w])/g, `${home}/`),
    ],
    {
      encoding: "utf8",
      env: { PATH: `${home}:${process.env.PATH}`, SERVER: join(home, "server.json") },
    },
  );
const holds = (databases: object): void =>
  writeFileSync(join(home, "server.json"), JSON.stringify(databases));
const held = (): unknown => JSON.parse(readFileSync(join(home, "server.json"), "utf8"));

const accounts = { type: "collection", count: 2 };

test.each([
  ["nothing but collections", {}],
  ["a view", { active: { type: "view", count: 1 } }],
  [
    "a collection called like one of the server's own",
    { "old system.logs": { type: "collection", count: 3 } },
  ],
  ["a time series", { temperatures: { type: "timeseries", count: 300 } }],
])("a drill is well for a database with %s", (_what, more) => {
  holds({ core: { accounts, none: { type: "collection", count: 0 }, ...more } });
  expect(run(mongo().script(use, { keepDays: 3 }))).toMatchObject({ status: 0, stderr: "" });
  const verified = run(mongo().verify(use));
  expect(verified).toMatchObject({ status: 0, stderr: "" });
  expect(verified.stdout).toContain("verified mongo/core");
});

test("a restore drops what was made since the backup, which is in what it has saved before", () => {
  const then = { core: { accounts, active: { type: "view", count: 1 } }, other: { accounts } };
  holds(then);
  expect(run(mongo().script(use, { keepDays: 3 })).status).toBe(0);
  const since = { drafts: accounts, temperatures: { type: "timeseries", count: 300 } };
  holds({ ...then, core: { accounts: { ...accounts, count: 5 }, ...since } });
  const restore = (from: string) =>
    run(mongo().restore(use, { database: "core", from, fetched: false }).script);
  const { status, stdout } = restore("latest");
  expect(status).toBe(0);
  for (const name of Object.keys(since)) expect(stdout).toContain(`dropped ${name}, which`);
  expect(held()).toEqual(then);
  const before = /saved the present state as (\S+)/.exec(stdout)?.[1] ?? "";
  // What it saves now has the name of another second.
  spawnSync("sleep", ["1.1"]);
  expect(restore(before).status).toBe(0);
  expect(held()).toEqual({ ...then, core: { accounts: { ...accounts, count: 5 }, ...since } });
});

test("a drill leaves that of another pod alone, and clears away what one that was killed has left", () => {
  const stamp = new Date()
    .toISOString()
    .replaceAll(/[-:]|\.\d+/g, "")
    .toLowerCase();
  const another = `beat_drill_${stamp}_0a1b2c3d`;
  const held = { core: { accounts } };
  holds(held);
  run(mongo().script(use, { keepDays: 3 }));
  holds({
    ...held,
    [another]: { accounts },
    beat_drill_20260101t021700z_0a1b2c3d: { accounts },
    beat_drill: { accounts },
  });
  expect(run(mongo().verify(use))).toMatchObject({ status: 0, stderr: "" });
  const left: unknown = JSON.parse(readFileSync(join(home, "server.json"), "utf8"));
  expect(left).toEqual({ ...held, [another]: { accounts } });
});
