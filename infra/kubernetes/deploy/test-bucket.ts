import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach } from "vitest";

/** Whether there can be a bucket: one program is both, server and client. */
export const rclone = spawnSync("rclone", ["version"]).status === 0;
/** The bucket's keys. */
export const key = { id: "AKIDEXAMPLE01", secret: "wJalrXUt/K7MDENG+bPxRfiCY" };
/** Where the backups of the tests' database are. */
export const folder = "postgres/core_service";

/** The time of a backup that many days ago, as its name tells it. */
export const stamp = (daysAgo: number): string =>
  `${new Date(Date.now() - daysAgo * 86_400_000).toISOString().replace(/[-:]|\.\d+/g, "")}`;

/** A bucket for the tests of a suite, empty before each, and a spool beside it. */
export function emptyBucket() {
  const home = mkdtempSync(join(tmpdir(), "beat-bucket-"));
  const served = join(home, "served");
  const spool = join(home, "spool");
  const stored = join(served, "beat", "prod");
  let server: ChildProcess;
  let endpoint = "";

  const run = (script: string, more: Readonly<Record<string, string>> = {}) =>
    spawnSync("sh", ["-c", script.replaceAll("/backups", spool)], {
      encoding: "utf8",
      env: {
        PATH: process.env.PATH,
        BACKUPS: "backups:beat/prod",
        RCLONE_CONFIG: "/dev/null",
        RCLONE_CONFIG_BACKUPS_TYPE: "s3",
        RCLONE_CONFIG_BACKUPS_PROVIDER: "Other",
        RCLONE_CONFIG_BACKUPS_ENDPOINT: endpoint,
        RCLONE_CONFIG_BACKUPS_REGION: "us-east-1",
        RCLONE_CONFIG_BACKUPS_NO_CHECK_BUCKET: "true",
        RCLONE_CONFIG_BACKUPS_ACCESS_KEY_ID: key.id,
        RCLONE_CONFIG_BACKUPS_SECRET_ACCESS_KEY: key.secret,
        RCLONE_LOW_LEVEL_RETRIES: "1",
        RCLONE_RETRIES: "1",
        ...more,
      },
    });
  const put = (place: string, name: string, content: string | Buffer): void => {
    mkdirSync(join(place, folder), { recursive: true });
    writeFileSync(join(place, folder, name), content);
  };
  const names = (place: string): string[] => readdirSync(join(place, folder)).sort();

  beforeAll(async () => {
    mkdirSync(join(served, "beat"), { recursive: true });
    const args = [
      "serve",
      "s3",
      "--addr",
      "127.0.0.1:0",
      "--dir-cache-time",
      "50ms",
      "--auth-key",
      `${key.id},${key.secret}`,
    ];
    server = spawn("rclone", [...args, served], {
      env: { PATH: process.env.PATH, RCLONE_CONFIG: "/dev/null" },
    });
    // Read to the end: a server whose log nobody reads stops at the next line it writes.
    endpoint = await new Promise((resolve, reject) => {
      let log = "";
      server.stderr?.on("data", (chunk: Buffer) => {
        log += chunk.toString();
        const found = /http:\/\/127\.0\.0\.1:\d+/.exec(log)?.[0];
        if (found !== undefined) resolve(found);
      });
      server.once("exit", () => reject(new Error(log)));
    });
  }, 20_000);
  afterAll(() => {
    server.kill();
    rmSync(home, { recursive: true });
  });
  beforeEach(async () => {
    for (const place of [stored, spool]) rmSync(place, { recursive: true, force: true });
    mkdirSync(spool);
    // Longer than the server remembers what lay in a folder.
    await new Promise((resolve) => setTimeout(resolve, 100));
  });
  return { home, run, put, names, stored, spool };
}
