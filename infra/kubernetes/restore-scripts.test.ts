import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { mongoScript, postgresScript } from "./backup-scripts.ts";
import {
  listScript,
  mongoPresentScript,
  mongoReplaceScript,
  mongoRestoreScript,
  postgresRestoreScript,
} from "./restore-scripts.ts";

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
  "postgres backup for a bucket": postgresScript({ ...server, databases: ["core"], keepDays: undefined }),
  "mongo backup for a bucket": mongoScript({ ...set, databases: ["messaging"], keepDays: undefined }),
  "mongo restore's first step": mongoPresentScript({ ...set, database: "messaging", from: "latest" }),
  "mongo restore's last step": mongoReplaceScript({ ...set, database: "messaging", from: "latest" }),
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

test("a database that cannot be dumped for a bucket is noted, leaves no half file, and costs no other", () => {
  const folder = mkdtempSync(join(tmpdir(), "beat-spool-"));
  try {
    // In place of the tool: half a file and a failure for one of the databases.
    const tool = [
      "pg_dump() {",
      '  local last file; for last in "$@"; do :; done; file="${last#--file=}"',
      '  case "$*" in *auth*) printf half > "$file"; return 1 ;; *) printf whole > "$file" ;; esac',
      "}",
    ];
    const script = [
      ...tool,
      postgresScript({ ...server, databases: ["core", "auth", "messaging"], keepDays: undefined })
        .replaceAll("/backups", folder)
        .replaceAll("/run/secrets/backup/password", "/dev/null")
        .replaceAll("/tmp/pgpass", join(folder, ".pgpass")),
    ].join("\n");
    const { status, stderr } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "auth could not be saved\n" });
    expect(readFileSync(join(folder, ".failed"), "utf8")).toBe("auth\n");
    const files = (database: string) => readdirSync(join(folder, "postgres", database));
    expect(files("auth")).toEqual([]);
    for (const database of ["core", "messaging"])
      expect(files(database)).toEqual([expect.stringMatching(/^\d{8}T\d{6}Z\.dump$/)]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
