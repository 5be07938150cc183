import { quoted } from "../core/shell.ts";
import { backupFrame, waitForLock } from "./backup-frame.ts";
import { findBackup, type RestoreFrame } from "./restore-frame.ts";
import type { RestoreArgs, RestoreScripts, SaveArgs } from "./store.ts";
import { drillWhenDue, verifyFrame, verifyParts } from "./verify-frame.ts";

/** What services keep in directories, as backups name it among the stores. */
export const uploadsName = "uploads";
/** How its backups end. */
export const uploadsSuffix = ".tar.gz";
/** The image of the catalogue that has bash and GNU's tar. */
export const uploadsImage = "postgres";
/** Where a volume of a service is mounted to be saved and restored. */
export const uploadsPath = (volume: string): string => `/uploads/${volume}`;

const frame: RestoreFrame = { store: uploadsName, suffix: uploadsSuffix };

/** Where a restore unpacks, in the volume itself, so that it need only be moved; one that was killed leaves it there. */
const unpacked = ".beat-restore";

/**
 * `pack VOLUME FILE`: what is written meanwhile is in the archive or not (tar ends with 1 then), and no reason to have none; of half of
 * what a restore in another pod replaces there is none. See `replacePresent`.
 */
const pack: readonly string[] = [
  "pack() {",
  "  local result=0",
  "  {",
  '    if flock -s -w 7200 -E 9 8; then :; elif [ "$?" = 9 ]; then echo "a restore of $1 has been running for two hours" >&2; return 1; fi',
  `    if [ -e "/uploads/$1/${unpacked}" ]; then echo "a restore of $1 was killed: what it left in ${unpacked} is not saved; restore again" >&2; fi`,
  `    tar -C "/uploads/$1" -czf "$2" --exclude=./lost+found --exclude=./${unpacked} . || result=$?`,
  '  } 8< "/uploads/$1" || return 1',
  '  [ "$result" -le 1 ]',
  "}",
];

/** Every file counts as a row, and the archive is what is counted. */
const save: readonly string[] = [
  ...pack,
  "save() {",
  '  pack "$1" "$2" && tar -tzf "$2" > "$2.names" || return 1',
  '  echo "rows $(grep -vc "/$" "$2.names" || true) files" > "$3"',
  '  rm -f "$2.names"',
  "}",
];

const restoreApart: readonly string[] = [
  "restored_rows() {",
  '  local apart="$parts/apart" result=0',
  '  rm -rf "$apart" && mkdir -p "$apart" || return 1',
  '  if tar -C "$apart" -xzf "$2"; then echo "rows $(find "$apart" ! -type d -printf x | wc -c) files" > "$3"; else result=1; fi',
  '  rm -rf "$apart"',
  '  return "$result"',
  "}",
];

const store = `STORE=${quoted(uploadsName)}`;

/** What the status of a service's volumes is told by. */
export const uploadsSource = (service: string): string => `${uploadsName}-${service}`;

/** A script for bash that saves volumes; as {@link Backup.script} of a store. @param others volumes of other services. @param source what its status is told by. */
export const uploadsScript = (
  volumes: readonly string[],
  { keepDays, drillDays }: SaveArgs,
  others: readonly string[] = [],
  source = uploadsName,
): string =>
  backupFrame([...save, ...restoreApart], {
    store: uploadsName,
    source,
    databases: volumes,
    others,
    keepDays,
    suffix: uploadsSuffix,
    after: [
      ...verifyParts([], { databases: volumes, suffix: uploadsSuffix }),
      ...drillWhenDue(drillDays, volumes),
    ],
  });

/** A script for bash that tries the newest backups of volumes; as {@link Backup.verify} of a store. */
export const verifyUploads = (volumes: readonly string[], source = uploadsName): string =>
  verifyFrame(restoreApart, { store: uploadsName, source, databases: volumes, suffix: uploadsSuffix });

const head = ({ database, from }: RestoreArgs): string[] => [
  "set -euo pipefail",
  "umask 077",
  `database=${quoted(database)} from=${quoted(from)}`,
  ...pack,
];

const savePresent: readonly string[] = [
  'folder="/backups/$STORE/$database"',
  'mkdir -p "$folder"',
  // A name that `latest` passes over, as for a database.
  `present="$folder/$(date -u +%Y%m%dT%H%M%SZ).before-restore${uploadsSuffix}"`,
  'pack "$database" "$parts/before"',
  'mv "$parts/before" "$present"',
  'echo "saved the present state as ${present##*/}"',
];

/** What is there is replaced only when all of the archive lies beside it, on the same volume. */
const replacePresent: readonly string[] = [
  // Pods that save into a bucket share this volume and no lock among the backups. One that knows no locks is restored all the same.
  'exec 8< "/uploads/$database"',
  'if flock -w 7200 -E 9 8; then :; elif [ "$?" = 9 ]; then echo "another restore of $database has been running for two hours" >&2; exit 1; fi',
  `volume="/uploads/$database" apart="/uploads/$database/${unpacked}"`,
  'rm -rf "$apart"',
  'mkdir "$apart"',
  'if ! tar -C "$apart" -xzpf "$file"; then',
  '  rm -rf "$apart"',
  '  echo "the backup could not be restored; $database is as it was" >&2',
  "  exit 4",
  "fi",
  "replaces",
  `find "$volume" -mindepth 1 -maxdepth 1 ! -name ${unpacked} ! -name lost+found -exec rm -rf {} +`,
  "for try in 1 2 3 4 5; do",
  '  if find "$apart" -mindepth 1 -maxdepth 1 -exec mv -t "$volume" {} +; then break; fi',
  // A service that goes on writing has made one of the folders anew.
  `  find "$apart" -mindepth 1 -maxdepth 1 -printf '%f\\0' | while IFS= read -r -d '' name; do rm -rf "\${volume:?}/$name"; done`,
  "done",
  'rmdir "$apart"',
  'echo "$database is restored from $from; what it was is saved as said above"',
];

/** Scripts for bash that bring a volume back. */
export function restoreUploads(args: RestoreArgs): RestoreScripts {
  const script = (...lines: readonly string[]) => [...head(args), ...lines, ""].join("\n");
  const found = findBackup(frame);
  return args.fetched
    ? { before: script(store, ...waitForLock, ...savePresent), script: script(...found, ...replacePresent) }
    : // A backup that is not there is told before anything is saved.
      { script: script(...found, ...savePresent, ...replacePresent) };
}
