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
  const now = candidates
    .flatMap(({ former }) => Object.entries(former))
    .find(([, former]) => former.includes(database));
  if (now !== undefined)
    throw refusal(
      "--database",
      `${store}'s "${database}" is called ${now[0]} now`,
      `use ${now[0]}: its older backups are found, too`,
    );
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
    // What somebody has put there may have blanks in its name.
    const [, store, database, file, bytes] = /^(\S+) (\S+) (.+) (\d+)$/.exec(line.trim()) ?? [];
    if (store === undefined || database === undefined || file === undefined) return [];
    const note = [
      belonging(store, database, all),
      isOfFuture(file) ? "of the future, so a clock was wrong: never the latest" : undefined,
    ].filter((text) => text !== undefined);
    return [
      { store, database, file, bytes: Number(bytes), ...(note.length > 0 && { note: note.join("; ") }) },
    ];
  });
}

/** Whose a backup is, where that is not its own name's. */
function belonging(store: string, database: string, all: readonly BackupSource[]): string | undefined {
  const saved = all.filter((one) => one.store === store);
  if (saved.some(({ parts }) => parts.includes(database))) return undefined;
  const now = saved
    .flatMap(({ former }) => Object.entries(former))
    .find(([, former]) => former.includes(database));
  return now === undefined
    ? `of no present ${store === uploadsName ? "volume" : "database"}`
    : `of ${now[0]}, by its former name`;
}

/**
 * Does one after the other, whatever became of the one before.
 * @throws {DeploymentError} at the end, with everything that was said.
 * @throws {InputError} when each of them was refused, so that nothing was done.
 */
export async function eachOf<T>(things: readonly T[], act: (thing: T) => Promise<string>): Promise<string[]> {
  const said: string[] = [];
  const errors: Error[] = [];
  for (const thing of things)
    try {
      said.push(await act(thing));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      errors.push(error);
      said.push(error instanceof InputError ? reasonsOf(error) : error.message);
    }
  const refused = errors.filter((error) => error instanceof InputError);
  const [first] = refused;
  if (first !== undefined && refused.length === things.length)
    throw new InputError(
      first.what,
      refused.flatMap(({ problems }) => problems),
    );
  const lines = said.flatMap((text) => text.trimEnd().split("\n")).filter((line) => line !== "");
  if (errors.length > 0) throw new DeploymentError(lines.join("\n"));
  return lines;
}

/** Without its beginning, "nothing was done": something was. */
const reasonsOf = ({ problems }: InputError): string =>
  problems.map(({ path, message, fix }) => `${path}: ${message}; fix: ${fix}`).join("\n");
