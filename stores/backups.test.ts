import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { savedKinds, storeOf } from "./index.ts";
import { listScript } from "./restore-frame.ts";
import type { AnyUse, Backup } from "./store.ts";

/** Needs as the definition has parsed them: one service, with whatever a saved store may be asked for. */
const needs = (database: string) => [
  { service: "core-service", need: { database, extensions: [], indexes: [] } },
];

/** A store of a cluster; or one that somebody else runs, with a certificate. */
function use(database: string, external?: AnyUse["external"]): AnyUse {
  return {
    facts: { port: 5432 },
    needs: needs(database),
    topics: {},
    address: { host: "store.example.org", port: 5432 },
    external,
    cluster: {
      settings: { members: 3 },
      memberHost: (workload, member) => `${workload}-${member}.${workload}-members.beat.svc`,
    },
  };
}
const outside = {
  host: "store.example.org",
  port: 5432,
  adminUser: "root",
  adminDatabase: "postgres",
  ca: "a certificate",
};
const backupOf = (kind: (typeof savedKinds)[number]): Backup => {
  const { backup } = storeOf(kind);
  if (backup === undefined) throw new Error(`${kind} is not saved`);
  return backup;
};
const scripts = {
  list: listScript,
  ...Object.fromEntries(
    savedKinds.flatMap((kind) => {
      const backup = backupOf(kind);
      return [undefined, outside].flatMap((external): [string, string][] => {
        const context = use("core_service", external);
        const args = { database: "core_service", from: "latest" };
        const carried = backup.restore(context, { ...args, fetched: true });
        const name = `${external ? "external " : ""}${kind}`;
        return [
          [`${name} backup`, backup.script(context, { keepDays: 3 })],
          [`${name} backup for a bucket`, backup.script(context, { keepDays: undefined })],
          [`${name} restore`, backup.restore(context, { ...args, fetched: false }).script],
          [`${name} restore's first step`, carried.before ?? ""],
          [`${name} restore's last step`, carried.script],
        ];
      });
    }),
  ),
};

test.each(Object.entries(scripts))("bash reads the %s script", (_name, script) => {
  expect(spawnSync("bash", ["-n"], { input: script, encoding: "utf8" })).toMatchObject({
    status: 0,
    stderr: "",
  });
});

test("names from outside are words to the shell, and never run", () => {
  const folder = mkdtempSync(join(tmpdir(), "beat-names-"));
  try {
    const run = join(folder, "run");
    const user = `x'; touch ${run}; $(touch ${run}) \`touch ${run}\``;
    for (const kind of savedKinds) {
      const seen = join(folder, `${kind}.seen`);
      const script = backupOf(kind)
        .script(use("core", { ...outside, adminUser: user, adminDatabase: user } as typeof outside), {
          keepDays: 3,
        })
        .replaceAll("/backups", folder)
        .replaceAll("/run/secrets/backup/password", "/dev/null")
        .replaceAll(/\/tmp\/(pgpass|mongo\.yaml|said)/g, `${folder}/$1`);
      // In place of the tools: they note whom they were told to be.
      const tools = `note() { { echo "\${PGUSER-}"; cat ${folder}/mongo.yaml; } > ${seen} 2>/dev/null; exit; }
        pg_dump() { note; }; mongodump() { note; }\n`;
      spawnSync("bash", ["-c", tools + script], { encoding: "utf8" });
      expect(readFileSync(seen, "utf8")).toContain(kind === "mongo" ? encodeURIComponent(user) : user);
    }
    expect(existsSync(run)).toBe(false);
  } finally {
    rmSync(folder, { recursive: true });
  }
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
      backupOf("postgres")
        .script(
          { ...use("core"), needs: ["core", "auth", "messaging"].flatMap(needs) },
          { keepDays: undefined },
        )
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
