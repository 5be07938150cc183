import { quoted } from "../core/shell.ts";
import { namingFunctions } from "./backup-names.ts";
import { namesOf, type SourceNames, tellBackup, tellEarlier, tellParts } from "./backup-status.ts";
import { clearAway } from "./clear-away.ts";

/** Where a step notes what it could not save, for the step that carries the rest into a bucket. */
export const failedFile = "/backups/.failed";
/** Where files are written until they are whole: apart from the backups, on the same volume. */
export const partsFolder = "/backups/.parts";

/** What a script that saves is told. */
interface FrameArgs extends SourceNames {
  readonly databases: readonly string[];
  /** What others save into the same folder; anything else there is of nobody any more. */
  readonly others?: readonly string[];
  /** Days, and days with a backup, after which one is deleted, the newest apart; undefined where another step carries them away. */
  readonly keepDays: number | undefined;
  /** How the files end. */
  readonly suffix: string;
  /** Commands that follow when it is told what was saved, e.g. a drill; they may add to the list `failed`. */
  readonly after?: readonly string[];
}

/** Waits until nobody else writes backups of STORE, and clears away what one that was killed has left. */
export const waitForLock: readonly string[] = [
  `parts="${partsFolder}/$STORE"`,
  'mkdir -p "$parts"',
  'exec 9> "$parts.lock"',
  'if ! flock -w 7200 9; then echo "another backup of $STORE has been running for two hours" >&2; exit 1; fi',
  'rm -rf "$parts"',
  'mkdir -p "$parts"',
];

/**
 * The frame of a backup: one file per database, named by its time in UTC and only there when it is whole, with a manifest
 * beside it. Every database is tried, whatever became of the one before; those that failed are named at the end.
 * @param save commands that define `save DATABASE FILE ROWS`, which writes the dump into FILE and a line
 * `rows <number> <name>` for each table into ROWS; no such file where they cannot be counted. It runs in a condition, so it must say by itself when it fails.
 */
export const backupFrame = (
  save: readonly string[],
  { store, source, databases, others = [], keepDays, suffix, after = [] }: FrameArgs,
): string =>
  [
    "set -euo pipefail",
    "umask 077",
    'now="$(date -u +%Y%m%dT%H%M%SZ)"',
    "failed=()",
    namesOf({ store, source }),
    ...tellParts,
    ...tellBackup,
    // Whatever ends it before all is done, but for a kill: of that its beginning tells.
    "ended=no",
    `trap 'trap "" TERM INT; if [ "$ended" = no ]; then tell failed; fi; ${clearAway}' EXIT`,
    ...save,
    ...waitForLock,
    tellEarlier,
    "tell begun",
    ...keepWhole(suffix),
    ...(keepDays === undefined ? [] : [...namingFunctions([suffix]), ...prune(keepDays)]),
    `for database in ${databases.map(quoted).join(" ")}; do`,
    '  folder="/backups/$STORE/$database"',
    `  file="$folder/$now${suffix}"`,
    // A version before this one wrote there.
    '  rm -f "$folder"/*.part',
    "  if keep_whole; then",
    '    echo "saved $file ($(stat -c %s "$file") bytes)"',
    ...(keepDays === undefined ? [] : ["    prune"]),
    "  else",
    '    rm -rf "$parts/$database"',
    '    echo "$database could not be saved" >&2',
    '    failed+=("$database")',
    "  fi",
    "done",
    ...(keepDays === undefined ? [] : pruneLeft([...databases, ...others])),
    `if [ "\${#failed[@]}" -gt 0 ]; then tell failed; else tell ${keepDays === undefined ? "dumped" : "ok"}; fi`,
    "ended=yes",
    ...after,
    ...(keepDays === undefined ? tellNext : fail),
    "",
  ].join("\n");

/** Defines `keep_whole`: dump and manifest are made apart and renamed, the manifest first, so that no dump is without one. */
const keepWhole = (suffix: string): string[] => [
  "keep_whole() {",
  '  local part="$parts/$database"',
  '  rm -rf "$part"',
  '  mkdir -p "$folder" "$part" || return 1',
  '  save "$database" "$part/dump" "$part/rows" || return 1',
  '  if [ ! -s "$part/dump" ]; then echo "the dump of $database is empty" >&2; return 1; fi',
  "  {",
  `    printf 'file %s\\n' "$now${suffix}"`,
  `    printf 'bytes %s\\n' "$(stat -c %s "$part/dump")"`,
  `    printf 'sha256 %s\\n' "$(sha256sum < "$part/dump" | cut -d ' ' -f 1)"`,
  '    if [ -f "$part/rows" ]; then echo "counted yes"; LC_ALL=C sort "$part/rows"; fi',
  '  } > "$part/manifest" || return 1',
  '  mv "$part/manifest" "$file.manifest" && mv "$part/dump" "$file" && rm -rf "$part"',
  "}",
];

/**
 * Defines `prune`. It runs after the new one is there, so that a store that cannot be reached never costs a backup; and the
 * latest of what nobody has any more stays.
 */
const prune = (keepDays: number): string[] => [
  "prune() {",
  "  local names old before",
  // The days of all: of what nobody has any more there is no new one.
  `  before="$(ls -1 "/backups/$STORE"/* | goes_before ${keepDays})"`,
  '  names="$(ls -1 "$folder")"',
  "  while read -r old; do",
  '    if [ "$old" = "" ]; then continue; fi',
  `    if rm "$folder/$old"; then echo "deleted $folder/$old, which is more than ${keepDays} days old"; continue; fi`,
  '    failed+=("$database (old backups stay)")',
  "    break",
  `  done <<< "$(too_old "$before" "$(latest "$folder" <<< "$names")" <<< "$names")"`,
  "}",
];

/** Of a database that no service has any more there is no new one, and its old ones go all the same. */
const pruneLeft = (known: readonly string[]): string[] => [
  'for folder in "/backups/$STORE"/*; do',
  '  database="${folder##*/}"',
  `  case "$database" in ${known.map(quoted).join(" | ")}) continue ;; esac`,
  '  if [ -d "$folder" ]; then prune; fi',
  "done",
];

const fail: readonly string[] = [
  'if [ "${#failed[@]}" -gt 0 ]; then printf \'failed: %s\\n\' "${failed[@]}" >&2; exit 1; fi',
];

/** The step that carries the others into a bucket is told, and fails then. */
const tellNext: readonly string[] = [
  `if [ "\${#failed[@]}" -gt 0 ]; then printf "$STORE/%s\\n" "\${failed[@]}" >> ${failedFile}; fi`,
];
