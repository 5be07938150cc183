import { InputError } from "../../core/problems.ts";
import { isOfFuture } from "../../stores/backup-names.ts";
import type { RestoreArgs } from "../../stores/store.ts";
import { uploadsName } from "../../stores/uploads.ts";
import type { BackupSource } from "../workloads/backup-sources.ts";
import { DeploymentError } from "./parts.ts";

/** One backup: a file in the volume or the bucket. */
export interface Backup {
  /** A kind of store, or `uploads`. */
  readonly store: string;
  readonly database: string;
  /** Named by the time in UTC. */
  readonly file: string;
  readonly bytes: number;
  /** What is to be known of it. */
  readonly note?: string;
}

/** What is restored. */
export interface RestoreRequest {
  readonly store: string;
  readonly database: string;
  /** A file of the list, or `latest`. */
  readonly from: string;
}

/** What the commands do with the backups of a stack, wherever it runs. Each returns what the scripts said. */
export interface BackupOperations {
  /** Saves now. @param store one alone. */
  save(store: string | undefined): Promise<string[]>;
  /** The backups there are, oldest first. */
  list(): Promise<Backup[]>;
  /** Restores the newest of each into a place of its own and counts. @param store one alone. */
  verify(store: string | undefined): Promise<string[]>;
  /** @throws {InputError} when a restore cannot be what somebody wants. */
  examine(wish: RestoreRequest): void;
  restore(wish: RestoreRequest): Promise<string[]>;
}

const refusal = (path: string, message: string, fix: string): InputError =>
  new InputError("nothing was done", [{ path, message, fix }]);

/** What is saved, or that of one store. @throws {InputError} when there is no such thing. */
export function sourcesNamed(
  all: readonly BackupSource[],
  store: string | undefined,
): readonly BackupSource[] {
  if (all.length === 0)
    throw refusal(
      "platform:backups",
      "nothing of this stack is saved",
      "pulumi config set --path 'platform:backups.keep' 14, then bring the stack up",
    );
  if (store === undefined) return all;
  const found = all.filter((saved) => saved.store === store);
  if (found.length > 0) return found;
  const known = [...new Set(all.map((saved) => saved.store))].join(", ");
  throw refusal("--store", `"${store}" is not saved`, `use one of ${known}`);
}

/** What a restore is about. @throws {InputError} when there is no such thing. */
export function sourceOfRequest(
  all: readonly BackupSource[],
  { store, database, from }: RestoreRequest,
): BackupSource {
  if (from !== "latest" && !/^[0-9A-Za-z][0-9A-Za-z._-]*$/.test(from))
    throw refusal("--from", `"${from}" is not the name of a backup`, "those there are: ./beat backup --list");
  const candidates = sourcesNamed(all, store);
  const found = candidates.find(({ parts }) => parts.includes(database));
  if (found !== undefined) return found;
  const known = candidates.flatMap(({ parts }) => parts).join(", ");
  throw refusal("--database", `${store} has no "${database}"`, `use one of ${known}`);
}

/** The arguments of the script of a restore. */
export const restoreArgs = ({ database, from }: RestoreRequest, fetched: boolean): RestoreArgs => ({
  database,
  from,
  fetched,
});

/** Reads what the scripts that list backups print. @param all what is saved now: anything else is of nobody any more. */
export function parseList(text: string, all: readonly BackupSource[]): Backup[] {
  return text.split("\n").flatMap((line) => {
    const [store, database, file, bytes] = line.trim().split(" ");
    if (store === undefined || database === undefined || file === undefined) return [];
    const note = [
      !all.some((saved) => saved.store === store && saved.parts.includes(database)) &&
        `of no present ${store === uploadsName ? "volume" : "database"}`,
      isOfFuture(file) && "of the future, so a clock was wrong: never the latest",
    ].filter((text) => text !== false);
    return [
      { store, database, file, bytes: Number(bytes), ...(note.length > 0 && { note: note.join("; ") }) },
    ];
  });
}

/** Does one after the other, whatever fails before. @throws {DeploymentError} at the end, with everything that was said. */
export async function eachOf<T>(things: readonly T[], act: (thing: T) => Promise<string>): Promise<string[]> {
  const said: string[] = [];
  let failed = false;
  for (const thing of things)
    try {
      said.push(await act(thing));
    } catch (error) {
      if (!(error instanceof DeploymentError)) throw error;
      failed = true;
      said.push(error.message);
    }
  const lines = said.flatMap((text) => text.trimEnd().split("\n")).filter((line) => line !== "");
  if (failed) throw new DeploymentError(lines.join("\n"));
  return lines;
}

/** What the last backup and the last drill of one thing came to. */
export interface BackupReport {
  readonly ok: boolean;
  readonly text: string;
}

/** Reads the lines `backup <time> <result> <store>` and `drill <time> <result> <store>/<database> <file>`. */
export function reportOf(lines: string): BackupReport {
  const words = lines.split("\n").map((line) => line.trim().split(" "));
  const last = words.findLast(([what, time]) => what === "backup" && stamp.test(time ?? ""));
  const drills = words.filter(([what, time]) => what === "drill" && stamp.test(time ?? ""));
  const bad = drills.filter(([, , result]) => result !== "ok");
  const drill =
    drills.length === 0
      ? "no drill yet"
      : bad.length > 0
        ? `drill ${shortTime(bad[0]?.[1])} FAILED: ${bad.map((line) => line[3]).join(", ")}`
        : `drill ${shortTime(drills[0]?.[1])} ok`;
  if (last === undefined) return { ok: bad.length === 0, text: `no backup yet, ${drill}` };
  const result = last[2] === "ok" ? "ok" : "FAILED";
  return { ok: result === "ok" && bad.length === 0, text: `saved ${shortTime(last[1])} ${result}, ${drill}` };
}

const stamp = /^\d{8}T\d{6}Z$/;
const shortTime = (text = ""): string =>
  text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d).*$/, "$1-$2-$3 $4:$5Z");
