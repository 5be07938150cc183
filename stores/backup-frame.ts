import { quoted } from "../core/shell.ts";

/** Where a step notes the databases that it could not save. */
export const failedFile = "/backups/.failed";

/** What a script that saves is told. */
interface FrameArgs {
  readonly databases: readonly string[];
  /** Days after which a backup is deleted, the newest apart; undefined where another step carries them away. */
  readonly keepDays: number | undefined;
  /** How the files end. */
  readonly suffix: string;
}

/**
 * The frame of a backup: one file per database, named by its time in UTC and only then visible when it is whole.
 * @param save commands that set STORE and define `save DATABASE FILE`.
 */
export const backupFrame = (save: readonly string[], { databases, keepDays, suffix }: FrameArgs): string =>
  [
    "set -euo pipefail",
    "umask 077",
    'now="$(date -u +%Y%m%dT%H%M%SZ)"',
    ...save,
    `for database in ${databases.map(quoted).join(" ")}; do`,
    '  folder="/backups/$STORE/$database"',
    '  mkdir -p "$folder"',
    `  file="$folder/$now"${quoted(suffix)}`,
    ...(keepDays === undefined ? spool : intoClaim(keepDays)),
    "done",
    "",
  ].join("\n");

/** Old ones go after the new one is there, so that a store that cannot be reached never costs a backup. */
const intoClaim = (keepDays: number): string[] => [
  '  save "$database" "$file.part"',
  '  mv "$file.part" "$file"',
  '  echo "saved $file ($(stat -c %s "$file") bytes)"',
  '  newest="$(ls -1 "$folder" | grep -v "\\.part$" | tail -n 1)"',
  `  find "$folder" -type f -mtime +${keepDays} ! -name "$newest" -print -delete`,
];

/**
 * For another step to carry away: a database that cannot be saved must not cost the others their backup, so that step
 * is told of it, carries the others and fails then.
 */
const spool: readonly string[] = [
  '  if save "$database" "$file.part"; then',
  '    mv "$file.part" "$file"',
  "  else",
  '    rm -f "$file.part"',
  '    echo "$database could not be saved" >&2',
  `    echo "$database" >> ${failedFile}`,
  "  fi",
];
