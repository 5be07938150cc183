import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { defined, plain } from "../../../config/define/test-definition.ts";
import { kubernetesSettings } from "../../../test/settings.ts";
import { backupSources } from "../../workloads/backup-sources.ts";
import { ClusterBackups } from "./backups.ts";
import type { Cluster } from "./client.ts";

const home = mkdtempSync(join(tmpdir(), "beat-drill-"));
const at = (...path: string[]) => join(home, ...path);
afterAll(() => rmSync(home, { recursive: true }));

// A bucket that is a folder, and in place of rclone a program that copies.
mkdirSync(at("bin"));
writeFileSync(
  at("bin", "rclone"),
  `#!/bin/sh
case "$1" in
  lsf) ls -1 "$3" 2> /dev/null || true ;;
  copyto) case "$2" in */stuck/*) exit 1 ;; esac; mkdir -p "$(dirname "$3")"; cp "$2" "$3" ;;
esac
`,
  { mode: 0o755 },
);
for (const database of ["old", "stuck", "good"]) {
  mkdirSync(at("bucket", "postgres", database), { recursive: true });
  for (const end of ["", ".manifest"])
    writeFileSync(at("bucket", "postgres", database, `20260102T000000Z.dump${end}`), "x");
}
mkdirSync(at("spool"));
writeFileSync(at("password"), "secret");

const database = (name: string, renamedFrom: readonly string[] = []) => ({
  needs: { postgres: { database: name, renamedFrom } },
});
const platform = defined({
  a: { ...plain, ...database("renamed", ["old"]) },
  b: { ...plain, port: 7001, routes: [{ prefix: "/b" }], ...database("added") },
  c: { ...plain, port: 7002, routes: [{ prefix: "/c" }], ...database("stuck") },
  d: { ...plain, port: 7003, routes: [{ prefix: "/d" }], ...database("good") },
});
const settings = kubernetesSettings({
  "platform:backups": JSON.stringify({
    to: { bucket: { endpoint: "https://s3.example.org", name: "backups" } },
  }),
});

test("a drill tries every database of a bucket, whichever has no backup or cannot be fetched, and keeps what it came to", () => {
  const place = { cluster: {} as Cluster, namespace: "beat" };
  const backups = new ClusterBackups({ platform, settings, target: { place: () => place } });
  const [postgres] = backupSources(platform, settings, (workload) => workload).filter(
    ({ store }) => store === "postgres",
  );
  if (postgres === undefined) throw new Error("nothing is saved");
  const ends = backups.verifySteps(postgres).map(({ script }) => {
    const here = script
      .replaceAll("/tmp/", `${home}/`)
      .replaceAll("/backups", at("spool"))
      .replaceAll("/run/secrets/backup/password", at("password"));
    const env = { PATH: `${at("bin")}:${process.env.PATH}`, BACKUPS: at("bucket") };
    return spawnSync("bash", ["-c", here], { encoding: "utf8", env });
  });
  // All but the last are containers that must end well for the next to begin.
  expect(ends.map(({ status }) => status)).toEqual([0, 0, 0, 0, 0, 5]);
  const said = ends.map(({ stderr }) => stderr).join("");
  expect(said).toContain("postgres/added could not be fetched");
  expect(said).toContain("postgres/stuck could not be fetched");
  expect(said).not.toContain("postgres/renamed could not be fetched");
  expect(existsSync(at("spool", "postgres", "renamed", "20260102T000000Z.dump"))).toBe(true);
  const kept = readFileSync(at("bucket", ".drill", "postgres"), "utf8")
    .trim()
    .split("\n");
  expect(kept.map((line) => line.split(" ").slice(2).join(" "))).toEqual([
    "failed postgres/renamed 20260102T000000Z.dump",
    "failed postgres/added none",
    "failed postgres/stuck none",
    "failed postgres/good 20260102T000000Z.dump",
  ]);
});
