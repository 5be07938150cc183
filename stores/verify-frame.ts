import { quoted } from "../core/shell.ts";
import { waitForLock } from "./backup-frame.ts";
import { namingFunctions } from "./backup-names.ts";

/** How the newest backups of a store are tried. */
export interface VerifyArgs {
  readonly databases: readonly string[];
  /** How the files end. */
  readonly suffix: string;
}

/** Where a store's last drill is told: a line for each database, `drill <time> <ok or failed> <store>/<database> <file>`. */
const drillFile = '"/backups/.drill/$STORE"';

/**
 * Defines `verify_one`, which tries the newest backup of `$database`, and `drill`, which tries all and keeps what came of it.
 * @param restore commands that define `restored_rows DATABASE FILE ROWS`: it restores FILE into a place of its own, writes a
 * line `rows <number> <name>` for each table into ROWS, and leaves nothing behind. It runs in a condition, so it must say by
 * itself when it fails.
 */
export const verifyParts = (restore: readonly string[], { databases, suffix }: VerifyArgs): string[] => [
  ...restore,
  ...namingFunctions([suffix]),
  "verify_one() {",
  '  local folder="/backups/$STORE/$database" rows="$parts/restored.rows" manifest wanted found',
  '  newest="$(ls -1 "$folder" 2>/dev/null | latest "$folder" || true)"',
  '  if [ -z "$newest" ]; then newest=none; echo "$STORE/$database: there is no backup" >&2; return 1; fi',
  '  manifest="$folder/$newest.manifest"',
  '  if [ ! -f "$manifest" ]; then echo "$folder/$newest has no manifest; one that has is made by ./beat backup" >&2; return 1; fi',
  '  wanted="$(sed -n \'s/^sha256 //p\' "$manifest")"',
  '  found="$(sha256sum < "$folder/$newest" | cut -d \' \' -f 1)"',
  '  if [ "$wanted" != "$found" ]; then echo "$folder/$newest is damaged: its checksum is not that of its manifest" >&2; return 1; fi',
  '  rm -f "$rows" && : > "$rows" || return 1',
  '  if ! restored_rows "$database" "$folder/$newest" "$rows"; then echo "$folder/$newest cannot be restored" >&2; return 1; fi',
  // Where nothing was counted when it was saved, that it can be restored is all there is to know.
  '  if grep -qx "counted yes" "$manifest"; then',
  '    if ! diff <(grep "^rows " "$manifest" | LC_ALL=C sort) <(LC_ALL=C sort "$rows") >&2; then',
  '      echo "$folder/$newest: what is restored (>) is not what was saved (<)" >&2',
  "      return 1",
  "    fi",
  "  else",
  '    echo "$folder/$newest: its rows were not counted when it was saved" >&2',
  "  fi",
  '  echo "verified $STORE/$database: $newest, $(awk \'{ sum += $2 } END { print NR " tables, " sum + 0 " rows" }\' "$rows")"',
  "}",
  "drill() {",
  "  local newest result bad=0",
  '  mkdir -p "/backups/.drill"',
  '  : > "$parts/drill"',
  `  for database in ${databases.map(quoted).join(" ")}; do`,
  "    result=ok",
  '    if ! verify_one; then result=failed bad=1; failed+=("$database (drill)"); fi',
  '    echo "drill $(date -u +%Y%m%dT%H%M%SZ) $result $STORE/$database $newest" >> "$parts/drill"',
  "  done",
  `  mv "$parts/drill" ${drillFile}`,
  '  return "$bad"',
  "}",
];

/** Tries the newest backup of each database now. It ends with 5 when one of them is not what it should be. */
export const verifyFrame = (restore: readonly string[], args: VerifyArgs): string =>
  [
    "set -euo pipefail",
    "umask 077",
    "failed=()",
    ...restore,
    ...waitForLock,
    ...verifyParts([], args),
    "if ! drill; then exit 5; fi",
    "",
  ].join("\n");

/**
 * After a backup of all: tries what is there when the last drill was so many days ago or failed, and tells what came of the last one.
 * @param days between two drills; undefined for none.
 * @param kept whether what a drill leaves is there the next time; otherwise the days are counted from 1970.
 */
export const drillWhenDue = (days: number | undefined, kept: boolean): string[] =>
  days === undefined
    ? []
    : [
        kept
          ? // Half a day less: a backup that began a minute earlier than the last time is no reason to skip it.
            `if [ "\${#failed[@]}" = 0 ] && { grep -q ' failed ' ${drillFile} 2>/dev/null || [ -z "$(find ${drillFile} -mmin -${days * 1440 - 720} 2>/dev/null)" ]; }; then drill || true; fi`
          : `if [ "\${#failed[@]}" = 0 ] && [ $(($(date +%s) / 86400 % ${days})) = 0 ]; then drill || true; fi`,
        `cat ${drillFile} 2>/dev/null || true`,
      ];
