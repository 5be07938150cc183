import { quoted } from "../core/shell.ts";
import { waitForLock } from "./backup-frame.ts";
import { namingFunctions, newestOf } from "./backup-names.ts";
import { namesOf, type SourceNames, tellParts } from "./backup-status.ts";
import { clearAway } from "./clear-away.ts";
import { setOfStack } from "./of-stack.ts";

/** How the newest backups of a store are tried. */
export interface VerifyArgs {
  readonly databases: readonly string[];
  /** What each was called before: the newest backup may be there. */
  readonly former?: Readonly<Record<string, readonly string[]>> | undefined;
  /** How the files end. */
  readonly suffix: string;
}

/**
 * Defines `verify_one`, which tries the newest backup of `$database`, and `drill`, which tries all and keeps what came of it: a
 * line for each database, `drill <time> <ok or failed> <store>/<database> <file>`. Until then those of the drill before stay,
 * with `drill <time> begun <source>`.
 * @param restore commands that define `restored_rows DATABASE FILE ROWS`: it restores FILE into a place of its own, writes a
 * line `rows <number> <name>` for each table into ROWS, and leaves nothing behind. It runs in a condition, so it must say by
 * itself when it fails.
 */
export const verifyParts = (
  restore: readonly string[],
  { databases, former = {}, suffix }: VerifyArgs,
): string[] => [
  ...restore,
  ...namingFunctions([suffix]),
  ...newestOf,
  'newest_backup() { case "$database" in',
  ...Object.entries(former).map(
    ([name, before]) => `${quoted(name)}) newest_of ${[name, ...before].map(quoted).join(" ")} ;;`,
  ),
  '*) newest_of "$database" ;; esac; }',
  setOfStack,
  "verify_one() {",
  '  local named folder rows="$parts/restored.rows" manifest wanted found',
  "  read -r newest named < <(newest_backup) || true",
  '  folder="/backups/$STORE/$named"',
  '  if [ -z "$newest" ]; then newest=none; echo "$STORE/$database: there is no backup" >&2; return 1; fi',
  '  manifest="$folder/$newest.manifest"',
  '  if [ ! -f "$manifest" ]; then echo "$folder/$newest has no manifest; one that has is made by ./beat backup${ofStack}" >&2; return 1; fi',
  '  wanted="$(sed -n \'s/^sha256 //p\' "$manifest")"',
  '  found="$(sha256sum < "$folder/$newest" | cut -d \' \' -f 1)"',
  '  if [ "$wanted" != "$found" ]; then echo "$folder/$newest is damaged: its checksum is not that of its manifest" >&2; return 1; fi',
  '  rm -f "$rows" && : > "$rows" || return 1',
  '  if ! restored_rows "$database" "$folder/$newest" "$rows"; then echo "$folder/$newest cannot be restored" >&2; return 1; fi',
  // Where nothing was counted when it was saved, that it can be restored is all there is to know.
  '  if grep -qx "counted yes" "$manifest"; then',
  '    if ! diff <(grep "^rows " "$manifest" | LC_ALL=C sort) <(grep "^rows " "$rows" | LC_ALL=C sort) >&2; then',
  '      echo "$folder/$newest: what is restored (>) is not what was saved (<)" >&2',
  "      return 1",
  "    fi",
  "  else",
  '    echo "$folder/$newest: its rows were not counted when it was saved" >&2',
  "  fi",
  '  echo "verified $STORE/$database: $newest, $(awk \'{ sum += $2 } END { print NR " tables, " sum + 0 " rows" }\' "$rows")"',
  "}",
  "drill() {",
  "  local newest result line bad=0 results=()",
  '  line="drill $(date -u +%Y%m%dT%H%M%SZ) begun $SOURCE"',
  '  echo "$line"',
  `  { noted .drill | grep -v '^[^ ]* [^ ]* begun ' || true; echo "$line"; } | keep .drill`,
  `  for database in ${databases.map(quoted).join(" ")}; do`,
  "    result=ok",
  '    if ! verify_one; then result=failed bad=1; failed+=("$database (drill)"); fi',
  '    line="drill $(date -u +%Y%m%dT%H%M%SZ) $result $STORE/$database $newest"',
  '    echo "$line"',
  '    results+=("$line")',
  "  done",
  `  printf '%s\\n' "\${results[@]}" | keep .drill`,
  '  rm -f "$parts/restored.rows"',
  '  return "$bad"',
  "}",
];

/** Tries the newest backup of each database now. It ends with 5 when one of them is not what it should be. */
export const verifyFrame = (restore: readonly string[], args: VerifyArgs & SourceNames): string =>
  [
    "set -euo pipefail",
    "umask 077",
    "failed=()",
    namesOf(args),
    `trap 'trap "" TERM INT; ${clearAway}' EXIT`,
    ...tellParts,
    ...restore,
    ...waitForLock,
    ...verifyParts([], args),
    "if ! drill; then exit 5; fi",
    "",
  ].join("\n");

/**
 * After a backup of all: tries what is there when the last drill was so many days ago, did not end well, knew less, or was told
 * by a clock that was ahead.
 * @param days between two drills; undefined for none.
 */
export const drillWhenDue = (days: number | undefined, databases: readonly string[]): string[] =>
  days === undefined
    ? []
    : [
        "drill_due() {",
        "  local since lines",
        // Half a day less: a backup that began a minute earlier than the last time is no reason to skip it.
        `  since="$(date -u -d "@$(($(date +%s) - ${days * 86_400 - 43_200}))" +%Y%m%dT%H%M%SZ)"`,
        '  lines="$(noted .drill)"',
        `  for database in ${databases.map(quoted).join(" ")}; do`,
        '    if ! grep -qF " $STORE/$database " <<< "$lines"; then return 0; fi',
        "  done",
        `  awk -v since="$since" -v now="$now" '$3 != "ok" || $2 < since || $2 > now { due = 1 } END { exit !due }' <<< "$lines"`,
        "}",
        'if [ "${#failed[@]}" = 0 ] && drill_due; then drill || true; fi',
      ];
