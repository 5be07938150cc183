import { readFile, statfs } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { exposition, expositionType } from "../core/exposition.ts";
import { isOfFuture } from "./backup-names.ts";

/** What is known of the backups of one source. */
interface Known {
  readonly source: string;
  /** When the last good backup began, seconds. */
  readonly good: number | undefined;
  /** The last that has ended: when it began, and whether it is good. */
  readonly last: { readonly time: number; readonly ok: boolean } | undefined;
  /** Of the last drill of each database: the oldest, and whether all were good. */
  readonly drill: { readonly time: number; readonly ok: boolean } | undefined;
}

/** A line that a backup or a drill has told of itself: see `backup-status.ts`. */
const line = /^(?:backup|drill) (\d{8}T\d{6}Z) (ok|failed) (\S+)/gm;

/** What has ended by a file; nothing where there is none, and nothing of a clock that was ahead. */
async function ended(file: string) {
  const text = await readFile(file, "utf8").catch(() => "");
  return [...text.matchAll(line)]
    .map(([, stamp = "", result, of = ""]) => ({ stamp, ok: result === "ok", of }))
    .filter(({ stamp }) => !isOfFuture(stamp))
    .sort((a, b) => (a.stamp < b.stamp ? -1 : 1))
    .map(({ stamp, ok, of }) => ({ time: secondsOf(stamp), ok, of }));
}

const secondsOf = (stamp: string): number =>
  Date.parse(stamp.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z")) / 1000;

async function known(folder: string, source: string): Promise<Known> {
  const saved = await ended(join(folder, ".status", source));
  const tried = await ended(join(folder, ".drill", source));
  const newest = [...new Map(tried.map((each) => [each.of, each])).values()];
  return {
    source,
    good: saved.findLast(({ ok }) => ok)?.time,
    last: saved.at(-1),
    drill:
      newest.length === 0
        ? undefined
        : { time: Math.min(...newest.map(({ time }) => time)), ok: newest.every(({ ok }) => ok) },
  };
}

/**
 * What a scraper is told of an engine's backups, and of the disk that they and all volumes are on. A cluster's backups are jobs, of
 * which it tells itself.
 * @param since when somebody began to look, seconds: what was never saved is late from then on.
 */
export async function backupMetrics(
  folder: string,
  sources: readonly string[],
  since: number,
): Promise<string> {
  const all = await Promise.all(sources.map((source) => known(folder, source)));
  const disk = await statfs(folder);
  const each = (value: (one: Known) => number | undefined) =>
    all.flatMap((one) => {
      const found = value(one);
      return found === undefined ? [] : [{ labels: { source: one.source }, value: found }];
    });
  const gauge = (name: string, help: string, samples: ReturnType<typeof each>) =>
    ({ name, help, type: "gauge", samples }) as const;
  const alone = (name: string, help: string, value: number) =>
    ({ name, help, type: "gauge", samples: [{ value }] }) as const;
  return exposition([
    gauge(
      "beat_backup_last_success_timestamp_seconds",
      "When the last good backup began.",
      each(({ good }) => good),
    ),
    gauge(
      "beat_backup_last_end_timestamp_seconds",
      "When the last backup that has ended began, good or not.",
      each(({ last }) => last?.time),
    ),
    gauge(
      "beat_backup_last_ok",
      "Whether the last backup that has ended is good.",
      each(({ last }) => last && Number(last.ok)),
    ),
    gauge(
      "beat_backup_drill_last_success_timestamp_seconds",
      "When the oldest of the last good drills of its databases was.",
      each(({ drill }) => (drill?.ok ? drill.time : undefined)),
    ),
    gauge(
      "beat_backup_drill_last_ok",
      "Whether the last drill of each of its databases was good.",
      each(({ drill }) => drill && Number(drill.ok)),
    ),
    alone("beat_backup_since_timestamp_seconds", "Since when backups are looked at.", since),
    alone("beat_disk_size_bytes", "Size of the disk that the volumes are on.", disk.blocks * disk.bsize),
    alone("beat_disk_available_bytes", "What is free of it.", disk.bavail * disk.bsize),
  ]);
}

/** Stays, and tells a scraper; its environment says of what. */
export function tellBackups(env: Readonly<Record<string, string | undefined>>): Server {
  const folder = env.BACKUP_FOLDER ?? "/backups";
  const sources = (env.BACKUP_SOURCES ?? "").split(",").filter((source) => source !== "");
  const since = Math.floor(Date.now() / 1000);
  return createServer((request, response) => {
    const path = request.url?.split("?", 1)[0];
    if (path !== "/metrics") {
      response.writeHead(path === "/" ? 200 : 404, { "content-type": "text/plain" });
      response.end("GET /metrics\n");
      return;
    }
    backupMetrics(folder, sources, since).then(
      (text) => {
        response.writeHead(200, { "content-type": expositionType });
        response.end(text);
      },
      (error: Error) => {
        response.writeHead(503, { "content-type": "text/plain" });
        response.end(`${error.message}\n`);
      },
    );
  }).listen(Number(env.BACKUP_METRICS_PORT));
}
