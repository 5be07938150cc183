import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findBackup } from "./restore-frame.ts";
import { verifyFrame } from "./verify-frame.ts";

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "beat-former-"));
});
afterEach(() => rmSync(home, { recursive: true }));

const run = (script: string) =>
  spawnSync("bash", ["-c", script.replaceAll("/backups", home).replaceAll("/tmp/$1", `${home}/t/$1`)], {
    encoding: "utf8",
  });
const put = (database: string, time: string): void => {
  mkdirSync(join(home, "postgres", database), { recursive: true });
  const file = join(home, "postgres", database, `${time}T021700Z.dump`);
  writeFileSync(file, database);
  writeFileSync(`${file}.manifest`, `sha256 ${createHash("sha256").update(database).digest("hex")}\n`);
};
const found = (from: string): string => {
  const find = findBackup({ store: "postgres", suffix: ".dump" }, ["shop", "never"]);
  const { stdout, stderr } = run(
    ["set -euo pipefail", `database=core from=${from}`, ...find, 'echo "$from in $file"'].join("\n"),
  );
  return (stdout + stderr).trim().replaceAll(home, "");
};
const verified = (): string =>
  run(
    verifyFrame(["restored_rows() { :; }"], {
      store: "postgres",
      source: "postgres",
      databases: ["core"],
      former: { core: ["shop", "never"], other: [] },
      suffix: ".dump",
    }),
  ).stdout.replaceAll(/drill .*\n/g, "");

test("the latest is the newest of all names that a database had, e.g. when it was called otherwise and is back", () => {
  expect(found("latest")).toBe("there is no backup /postgres/core/latest");
  for (const day of ["20261119", "20261120"]) put("core", day);
  for (const day of ["20261119", "20261126", "20990101"]) put("shop", day);
  expect(found("latest")).toContain("20261126T021700Z.dump in /postgres/shop/20261126T021700Z.dump");
  expect(verified()).toContain("verified postgres/core: 20261126T021700Z.dump");
  put("core", "20261127");
  expect(found("latest")).toContain("20261127T021700Z.dump in /postgres/core/20261127T021700Z.dump");
  expect(verified()).toContain("verified postgres/core: 20261127T021700Z.dump");
});

test("one that is asked for by its name is first looked for by the present one", () => {
  put("core", "20261119");
  for (const day of ["20261119", "20261126"]) put("shop", day);
  expect(found("20261119T021700Z.dump")).toContain("/postgres/core/");
  expect(found("20261126T021700Z.dump")).toContain("/postgres/shop/");
  expect(found("20261130T021700Z.dump")).toContain("there is no backup");
});

test("a second restore of the same database is refused while one is under way", () => {
  put("core", "20261119");
  mkdirSync(join(home, ".parts"));
  const lock = join(home, ".parts/postgres.core.restore");
  const other = spawn("flock", [lock, "sleep", "60"], { detached: true });
  try {
    while (spawnSync("flock", ["-n", lock, "true"]).status === 0);
    expect(found("latest")).toBe(
      "another restore of core is under way; nothing was changed: wait until it has ended",
    );
  } finally {
    process.kill(-(other.pid ?? 0));
  }
});

test("of a damaged one the next older is named, with the command", () => {
  for (const day of ["20261118", "20261119", "20261120"]) put("core", day);
  appendFileSync(join(home, "postgres/core/20261120T021700Z.dump"), "more");
  expect(found("latest")).toMatch(
    /20261120T021700Z.dump is damaged.*\nthe one before it: .\/beat restore --store postgres --database core --from 20261119T021700Z.dump$/,
  );
});

test.runIf(process.getuid?.() === 0)("one that may not be read is not called damaged", () => {
  put("core", "20261119");
  put("core", "20261120");
  chmodSync(home, 0o777);
  chmodSync(join(home, "postgres/core/20261120T021700Z.dump"), 0o600);
  chownSync(join(home, "postgres/core/20261120T021700Z.dump"), 999, 999);
  const find = findBackup({ store: "postgres", suffix: ".dump" });
  const script = ["set -euo pipefail", "database=core from=latest", ...find].join("\n");
  const { stderr } = spawnSync("bash", ["-c", script.replaceAll("/backups", home)], {
    encoding: "utf8",
    uid: 65534,
    gid: 65534,
  });
  expect(stderr).toContain("20261120T021700Z.dump cannot be read by");
  expect(stderr).toContain("--from 20261119T021700Z.dump");
  expect(stderr).not.toContain("damaged");
});

test("a table whose name has a line break is the same one after a drill", () => {
  put("core", "20261119");
  const file = join(home, "postgres/core/20261119T021700Z.dump");
  appendFileSync(`${file}.manifest`, 'counted yes\nb"\nrows 1 "a\nrows 2 other\n');
  const { status, stderr } = run(
    verifyFrame(['restored_rows() { printf \'rows 1 "a\\nb"\\nrows 2 other\\n\' > "$3"; }'], {
      store: "postgres",
      source: "postgres",
      databases: ["core"],
      suffix: ".dump",
    }),
  );
  expect([status, stderr]).toEqual([0, ""]);
});
