import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { mongoScript, postgresScript } from "./backup-scripts.ts";
import { listScript, mongoRestoreScript, postgresRestoreScript } from "./restore-scripts.ts";

const server = { host: "postgres", port: 5432, user: "postgres", tls: true };
const set = { hosts: "a:27017,b:27017", replicaSet: "rs0", user: "admin", tls: false };
const scripts = {
  list: listScript,
  "postgres backup": postgresScript({ ...server, databases: ["core_service"], keepDays: 3 }),
  "mongo backup": mongoScript({ ...set, databases: ["messaging"], keepDays: 3 }),
  "postgres restore": postgresRestoreScript({
    ...server,
    adminDatabase: "postgres",
    owner: "core_service",
    database: "core_service",
    from: "latest",
  }),
  "mongo restore": mongoRestoreScript({ ...set, database: "messaging", from: "latest" }),
};

test.each(Object.entries(scripts))("bash reads the %s script", (_name, script) => {
  expect(spawnSync("bash", ["-n"], { input: script, encoding: "utf8" })).toMatchObject({
    status: 0,
    stderr: "",
  });
});

test("the list names each whole backup and leaves out one that is being written", () => {
  const folder = mkdtempSync(join(tmpdir(), "beat-backups-"));
  try {
    const database = join(folder, "postgres", "core_service");
    mkdirSync(database, { recursive: true });
    writeFileSync(join(database, "20260102T000000Z.dump"), "abc");
    writeFileSync(join(database, "20260101T000000Z.dump"), "a");
    writeFileSync(join(database, "20260103T000000Z.dump.part"), "half");
    const { stdout } = spawnSync("bash", ["-c", listScript.replace("/backups", folder)], {
      encoding: "utf8",
    });
    expect(stdout).toBe(
      "postgres core_service 20260101T000000Z.dump 1\npostgres core_service 20260102T000000Z.dump 3\n",
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
