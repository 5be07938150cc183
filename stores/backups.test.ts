import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
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
import { kindsWithBackup, storeOf } from "./index.ts";
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
const backupOf = (kind: (typeof kindsWithBackup)[number]): Backup => {
  const { backup } = storeOf(kind);
  if (backup === undefined) throw new Error(`${kind} is not saved`);
  return backup;
};
const scripts = {
  list: listScript,
  ...Object.fromEntries(
    kindsWithBackup.flatMap((kind) => {
      const backup = backupOf(kind);
      return [undefined, outside].flatMap((external): [string, string][] => {
        const context = use("core_service", external);
        const args = { database: "core_service", from: "latest" };
        const carried = backup.restore(context, { ...args, fetched: true });
        const name = `${external ? "external " : ""}${kind}`;
        return [
          [`${name} backup`, backup.script(context, { keepDays: 3 })],
          [`${name} backup for a bucket`, backup.script(context, { keepDays: undefined })],
          [`${name} drill`, backup.verify(context)],
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
    for (const kind of kindsWithBackup) {
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

/** Runs a script in a folder of its own, with pg_dump and psql that need no server. */
function run(script: string, folder: string): { status: number | null; stdout: string; stderr: string } {
  const tools = join(folder, "bin");
  mkdirSync(tools, { recursive: true });
  const tool = (name: string, lines: readonly string[]) =>
    writeFileSync(join(tools, name), ["#!/bin/bash", ...lines, ""].join("\n"), { mode: 0o755 });
  // Half a file and a failure for one of the databases.
  tool("pg_dump", [
    'for last in "$@"; do :; done; file="${last#--file=}"',
    'case "$*" in *auth*) printf half > "$file"; exit 1 ;; *) printf whole > "$file" ;; esac',
  ]);
  tool("psql", ["exit 2"]);
  return spawnSync(
    "bash",
    [
      "-c",
      script
        .replaceAll("/backups", folder)
        .replaceAll("/run/secrets/backup/password", "/dev/null")
        .replaceAll("/tmp/pgpass", join(folder, ".pgpass")),
    ],
    {
      encoding: "utf8",
      env: { ...process.env, PATH: `${tools}:${process.env.PATH}` },
    },
  );
}

const three = { ...use("core"), needs: ["core", "auth", "messaging"].flatMap(needs) };

/** A folder for a test, gone afterwards. */
function inFolder(body: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "beat-spool-"));
  try {
    body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("a database that cannot be dumped for a bucket is noted, leaves no half file, and costs no other", () =>
  inFolder((folder) => {
    const { status, stderr } = run(backupOf("postgres").script(three, { keepDays: undefined }), folder);
    expect({ status, stderr }).toMatchObject({
      status: 0,
      stderr: expect.stringContaining("auth could not be saved\n"),
    });
    expect(readFileSync(join(folder, ".failed"), "utf8")).toBe("postgres/auth\n");
    const files = (database: string) => readdirSync(join(folder, "postgres", database));
    expect(files("auth")).toEqual([]);
    for (const database of ["core", "messaging"])
      expect(files(database)).toEqual([
        expect.stringMatching(/^\d{8}T\d{6}Z\.dump$/),
        expect.stringMatching(/^\d{8}T\d{6}Z\.dump\.manifest$/),
      ]);
  }));

test("nor does it in a claim: the others are saved, it is named at the end, and what was half is gone", () =>
  inFolder((folder) => {
    const core = join(folder, "postgres/core");
    mkdirSync(core, { recursive: true });
    mkdirSync(join(folder, ".parts/postgres/core"), { recursive: true });
    for (const left of ["20260101T000000Z.dump.part", "../../.parts/postgres/core/dump"])
      writeFileSync(join(core, left), "of a job that was killed");
    const { status, stderr } = run(backupOf("postgres").script(three, { keepDays: 3 }), folder);
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/\nfailed: auth\n$/),
    });
    const [dump, manifest, ...more] = readdirSync(core);
    expect(more).toEqual([]);
    expect(readdirSync(join(folder, ".parts"))).toEqual(["postgres", "postgres.lock"]);
    expect(readdirSync(join(folder, ".parts/postgres"))).toEqual([]);
    expect(readFileSync(join(core, manifest ?? ""), "utf8")).toBe(
      `file ${dump}\nbytes 5\nsha256 ${createHash("sha256").update("whole").digest("hex")}\n`,
    );
  }));

test("an old backup goes when a new one is there, and only then", () =>
  inFolder((folder) => {
    for (const database of ["core", "auth"]) {
      mkdirSync(join(folder, "postgres", database), { recursive: true });
      for (const day of [1, 2, 3, 4])
        writeFileSync(join(folder, "postgres", database, `2026010${day}T000000Z.dump`), "old");
    }
    run(backupOf("postgres").script(three, { keepDays: 3 }), folder);
    expect(readdirSync(join(folder, "postgres/core"))).not.toContain("20260101T000000Z.dump");
    expect(readdirSync(join(folder, "postgres/auth"))).toContain("20260101T000000Z.dump");
  }));

test("a drill tells a dump that is not what its manifest says, and one that cannot be restored", () =>
  inFolder((folder) => {
    run(backupOf("postgres").script(three, { keepDays: 3 }), folder);
    const core = join(folder, "postgres/core");
    const verify = () => run(backupOf("postgres").verify({ ...three, needs: needs("core") }), folder);
    expect(verify()).toMatchObject({ status: 5, stderr: expect.stringContaining("cannot be restored") });
    writeFileSync(join(core, readdirSync(core)[0] ?? ""), "whale");
    expect(verify()).toMatchObject({ status: 5, stderr: expect.stringContaining("is damaged") });
    expect(readFileSync(join(folder, ".drill/postgres"), "utf8")).toMatch(
      /^drill \d{8}T\d{6}Z failed postgres\/core \d{8}T\d{6}Z\.dump\n$/,
    );
  }));
