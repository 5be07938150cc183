import type { BackupSource } from "../workloads/backup-sources.ts";

/** A line that a backup, a drill or a restore has told of itself: see `stores/backup-status.ts` and `stores/restore-status.ts`. */
export interface Note {
  readonly what: "backup" | "drill" | "restore";
  /** When that backup or restore began, or a part of a drill ended; as `20261128T021700Z`. */
  readonly time: string;
  readonly result: string;
  /** The source, or `<store>/<database>` of a restore and of a drill that has ended. */
  readonly of: string;
  /** The job that ended without a word. */
  readonly job: string | undefined;
  /** Told by a later one, of what it found. */
  readonly earlier: boolean;
}

const pattern =
  /^(before: )?(backup|drill|restore) (\d{8}T\d{6}Z) (begun|dumped|replacing|ok|unchanged|failed) (\S+)(?: job (\S+))?/;

/** The notes among lines of whatever kind. */
export const notesIn = (lines: string): Note[] =>
  lines.split("\n").flatMap((line) => {
    const [, earlier, what, time = "", result = "", of = "", job] = pattern.exec(line.trim()) ?? [];
    return what === "backup" || what === "drill" || what === "restore"
      ? [{ what, time, result, of, job, earlier: earlier !== undefined }]
      : [];
  });

/** Whether something that began has ended. */
export const hasEnded = ({ result }: Note): boolean => /^(ok|unchanged|failed)$/.test(result);

/** Whether a note is about a source. Versions before this one told uploads by their store alone. */
export const concerns =
  ({ source, store, parts }: BackupSource) =>
  ({ what, result, of }: Note): boolean =>
    what === "backup" || (what === "drill" && result === "begun")
      ? of === source || of === store
      : parts.some((part) => of === `${store}/${part}`);

/** A time as the names of backups have it. */
export const stampOf = (date: Date): string => date.toISOString().replace(/[-:]|\.\d+/g, "");

/** The milliseconds of such a time. */
export const dateOf = (stamp: string): number =>
  Date.parse(stamp.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z"));

/** Such a time as people read it. */
export const shown = (stamp: string): string =>
  stamp.replace(/^(....)(..)(..)T(..)(..).*$/, "$1-$2-$3 $4:$5Z");
