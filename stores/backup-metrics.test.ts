import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tellBackups } from "./backup-metrics.ts";

test("a scraper is told how old each backup and drill is, and what the last ones came to", async () => {
  const folder = mkdtempSync(join(tmpdir(), "beat-backups-"));
  mkdirSync(join(folder, ".status"));
  mkdirSync(join(folder, ".drill"));
  const write = (file: string, ...lines: string[]) =>
    writeFileSync(join(folder, file), `${lines.join("\n")}\n`);
  write(".status/postgres", "backup 20261126T020000Z ok postgres", "backup 20261127T020000Z failed postgres");
  write(
    ".drill/postgres",
    "drill 20261124T030000Z begun postgres",
    "drill 20261124T030100Z ok postgres/auth",
    "drill 20261125T030100Z ok postgres/auth",
    "drill 20261124T030200Z ok postgres/core",
  );
  write(".status/mongo", "backup 20261127T020000Z ok mongo", "backup 20991127T020000Z ok mongo", "damaged");
  write(".drill/mongo", "drill 20261127T030100Z failed mongo/messaging");
  write(".status/stranger", "backup 20261127T020000Z ok stranger");
  const server = tellBackups({
    BACKUP_FOLDER: folder,
    BACKUP_SOURCES: "postgres,mongo,uploads-core",
    BACKUP_METRICS_PORT: "0",
  });
  try {
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const ask = async (path: string) => await fetch(`http://127.0.0.1:${port}${path}`);
    const lines = (await (await ask("/metrics")).text()).split("\n").filter((line) => !line.startsWith("#"));
    const at = (iso: string) => Date.parse(iso) / 1000;
    const own = lines.filter((line) => line.includes("source="));
    expect(own.map((line) => line.replace("beat_backup_", ""))).toEqual([
      `last_success_timestamp_seconds{source="postgres"} ${at("2026-11-26T02:00:00Z")}`,
      `last_success_timestamp_seconds{source="mongo"} ${at("2026-11-27T02:00:00Z")}`,
      `last_end_timestamp_seconds{source="postgres"} ${at("2026-11-27T02:00:00Z")}`,
      `last_end_timestamp_seconds{source="mongo"} ${at("2026-11-27T02:00:00Z")}`,
      'last_ok{source="postgres"} 0',
      'last_ok{source="mongo"} 1',
      `drill_last_success_timestamp_seconds{source="postgres"} ${at("2026-11-24T03:02:00Z")}`,
      'drill_last_ok{source="postgres"} 1',
      'drill_last_ok{source="mongo"} 0',
    ]);
    const number = (name: string) => Number(lines.find((line) => line.startsWith(`${name} `))?.split(" ")[1]);
    expect(number("beat_backup_since_timestamp_seconds")).toBeGreaterThan(Date.now() / 1000 - 60);
    expect(number("beat_disk_available_bytes")).toBeGreaterThan(0);
    expect(number("beat_disk_size_bytes")).toBeGreaterThan(number("beat_disk_available_bytes"));
    expect((await ask("/")).status).toBe(200);
    expect((await ask("/else")).status).toBe(404);
    rmSync(folder, { recursive: true });
    expect((await ask("/metrics")).status).toBe(503);
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
