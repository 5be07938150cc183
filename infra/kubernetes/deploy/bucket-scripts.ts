import { quoted } from "../../../core/shell.ts";
import { failedFile } from "../../../stores/backup-frame.ts";
import { namingFunctions } from "../../../stores/backup-names.ts";
import { kindsWithBackup, storeOf } from "../../../stores/index.ts";
import { uploadsSuffix } from "../../../stores/uploads.ts";

/**
 * Scripts of the step that speaks to a bucket. The image is rclone's own, so they are for a POSIX shell and BusyBox. `BACKUPS`
 * is the folder in the bucket as rclone names it; the keys are in the environment, never among the arguments.
 *
 * No temporary names: an object is there when all of it has arrived, and not before. Source: Amazon S3 API, PutObject ("never
 * adds partial objects") and CompleteMultipartUpload. rclone compares the checksum after each copy.
 */

/** Uploads are saved, too, though they are no store. */
const suffixes = [...kindsWithBackup.flatMap((kind) => storeOf(kind).backup?.suffix ?? []), uploadsSuffix];

/**
 * Carries what an earlier step has saved into the bucket, then deletes there what is too old, as in a claim. What somebody
 * else has put there is never deleted.
 * @param keepDays days, and days with a backup, after which one is deleted; the latest stays.
 * @param store the folder of what was saved.
 * @param present what is saved into it, by whatever job: anything else there is of nobody any more.
 */
export const uploadScript = (keepDays: number, store: string, present: readonly string[]): string =>
  [
    "set -eu",
    "cd /backups",
    ...namingFunctions(suffixes),
    ": > .folders",
    // The manifest first, as in a claim: cut off between the two, no backup is without one.
    "for file in */*/*.manifest */*/*; do",
    '  if [ ! -f "$file" ]; then continue; fi',
    '  bytes="$(stat -c %s "$file")"',
    '  rclone moveto "$file" "$BACKUPS/$file"',
    '  echo "saved $file in the bucket ($bytes bytes)"',
    '  echo "${file%/*}" >> .folders',
    "done",
    `store=${quoted(store)}`,
    // Of an empty bucket that may be a failure.
    'rclone lsf --dirs-only "$BACKUPS/$store" > .found || true',
    "while read -r database; do",
    '  database="${database%/}"',
    `  case "$database" in ${present.map(quoted).join(" | ")}) continue ;; esac`,
    '  echo "$store/$database" >> .folders',
    "done < .found",
    "sort -u .folders > .found",
    // The days of all: of what nobody has any more there is no new one.
    'rclone lsf -R --files-only --max-depth 2 "$BACKUPS/$store" > .all',
    `before="$(sed 's,.*/,,' .all | goes_before ${keepDays})"`,
    "while read -r folder; do",
    '  names="$(rclone lsf --files-only "$BACKUPS/$folder" < /dev/null)"',
    `  latest="$(printf '%s\\n' "$names" | latest "$folder")"`,
    `  printf '%s\\n' "$names" | too_old "$before" "$latest" > .old`,
    "  while read -r old; do",
    '    rclone deletefile "$BACKUPS/$folder/$old" < /dev/null',
    `    echo "deleted $folder/$old, which is more than ${keepDays} days old"`,
    "  done < .old",
    "done < .found",
    // What was dumped is saved now: told, and kept for the next one, whose spool is a new one.
    "for file in .status/* .drill/*; do",
    '  if [ ! -f "$file" ]; then continue; fi',
    `  sed 's/^\\(backup [^ ]*\\) dumped /\\1 ok /' "$file" > .told`,
    `  if grep -q '^backup [^ ]* dumped ' "$file"; then tail -n 1 .told; fi`,
    '  rclone copyto .told "$BACKUPS/$file"',
    "done",
    `if [ -s ${quoted(failedFile)} ]; then`,
    `  echo "not saved: $(tr '\\n' ' ' < ${quoted(failedFile)})" >&2`,
    "  exit 1",
    "fi",
    "",
  ].join("\n");

/**
 * Fetches what earlier backups and drills came to, for the step that dumps: it goes on from there. Where that cannot be read
 * it saves all the same, and tries what it has saved.
 * @param source what the status is told by.
 */
export const earlierScript = (source: string): string =>
  [
    "set -eu",
    "for folder in .status .drill; do",
    `  if ! rclone copy --include ${quoted(`/${source}`)} "$BACKUPS/$folder" "/backups/$folder"; then`,
    '    echo "what earlier backups came to is not known" >&2',
    "  fi",
    "done",
    "",
  ].join("\n");

/** Keeps what a drill of a source came to, as {@link uploadScript} does after a backup, and ends with 5 when it is not well. */
export const keepDrillScript = (source: string): string =>
  [
    "set -eu",
    "cd /backups",
    `file=${quoted(`.drill/${source}`)}`,
    'if [ ! -s "$file" ]; then echo "nothing was tried" >&2; exit 5; fi',
    'rclone copyto "$file" "$BACKUPS/$file"',
    `if grep -qv '^drill [^ ]* ok ' "$file"; then exit 5; fi`,
    "",
  ].join("\n");

/** Prints every backup there is: store, database, file and bytes, a line each. */
export const bucketListScript = [
  "set -eu",
  `all="$(rclone lsf -R --files-only --max-depth 3 --format ps --separator ' ' "$BACKUPS")"`,
  `printf '%s\\n' "$all" | grep -E '^[^/ ]+/[^/ ]+/[^/ ]+ [0-9]+$' | grep -v '\\.manifest ' | sort | tr '/' ' '`,
  "",
].join("\n");

/**
 * Carries what an earlier step has saved into the bucket and fetches one backup, which lies alone in its folder then. Which
 * one is `latest` is settled before.
 * @param from name of the file, or `latest`.
 * @param former what the database was called before: the latest is the newest of all its names.
 */
export const fetchScript = (
  store: string,
  database: string,
  from: string,
  former: readonly string[] = [],
): string =>
  [
    "set -eu",
    `folder=${quoted(`${store}/${database}`)} from=${quoted(from)} best=""`,
    ...namingFunctions(suffixes),
    `for place in ${[database, ...former].map((name) => quoted(`${store}/${name}`)).join(" ")}; do`,
    '  names="$(rclone lsf --files-only "$BACKUPS/$place")" found="$from"',
    `  if [ "$from" = latest ]; then found="$(printf '%s\\n' "$names" | latest "$place")"; fi`,
    // Asked of the list: to rclone, a file that is not there is an empty folder, and copying it no failure.
    `  if [ -n "$found" ] && printf '%s\\n' "$names" | grep -Fxq -e "$found"; then`,
    // Of two with the same name its own.
    `    best="$(printf '%s\\n' "$best" "$found $place" | newest)"`,
    "  fi",
    "done",
    'if [ -z "$best" ]; then',
    '  echo "there is no backup $folder/$from in the bucket" >&2',
    "  exit 3",
    "fi",
    'file="${best%% *}" place="${best#* }"',
    'for saved in "/backups/$folder"/*; do',
    '  if [ -f "$saved" ]; then rclone moveto "$saved" "$BACKUPS/$folder/${saved##*/}"; fi',
    "done",
    'mkdir -p "/backups/$folder"',
    'rclone copyto "$BACKUPS/$place/$file" "/backups/$folder/$file"',
    'names="$(rclone lsf --files-only "$BACKUPS/$place")"',
    `if printf '%s\\n' "$names" | grep -Fxq -e "$file.manifest"; then`,
    '  rclone copyto "$BACKUPS/$place/$file.manifest" "/backups/$folder/$file.manifest"',
    "fi",
    "",
  ].join("\n");
