import { quoted } from "../core/shell.ts";
import { restoreLock } from "./restore-status.ts";

/** The longest that a backup may take, seconds: a cluster ends its job then, and one that began earlier and has no end was killed. */
export const longestBackupSeconds = 6 * 3600;

/** Whose backups a script makes or tries. */
export interface SourceNames {
  /** The folder among the backups: a kind of store, or `uploads`. */
  readonly store: string;
  /** What its status is told by. Services share the folder `uploads`, not what became of it. */
  readonly source: string;
}

/** Commands that set STORE and SOURCE. */
export const namesOf = ({ store, source }: SourceNames): string =>
  `STORE=${quoted(store)} SOURCE=${quoted(source)}`;

/** A line of a status: whatever else a damaged file holds is passed over. */
const noted = "^(backup|drill) [0-9]{8}T[0-9]{6}Z (begun|dumped|ok|failed) [^ ]";
/** That of a restore: see `restore-status.ts`. */
const notedRestore = "^restore [0-9]{8}T[0-9]{6}Z (begun|replacing|ok|unchanged|failed) [^ ]";

/**
 * Defines what a script says of itself, for `./beat status`: lines `backup <time> <what> <source>`, where `<time>` is when that
 * backup began and `<what>` is `begun`, `ok`, `failed`, or `dumped` for one that another step has yet to carry into a bucket;
 * and of drills. They are printed, for the log of a cluster's job, and kept, for an engine and for the next backup.
 *
 * `keep FOLDER` makes what it reads the content of FOLDER/SOURCE, wholly or not at all. A volume that is full or read-only
 * takes none: then it is kept in the container's own /tmp, so that no older success is shown in its place.
 */
export const tellParts: readonly string[] = [
  "keep() {",
  "  local folder text",
  '  text="$(cat)"',
  '  for folder in "/backups/$1" "/tmp/$1"; do',
  '    if mkdir -p "$folder" && printf \'%s\\n\' "$text" > "$folder/$SOURCE.new" && mv -f "$folder/$SOURCE.new" "$folder/$SOURCE"; then',
  '      if [ "$folder" != "/tmp/$1" ]; then rm -f "/tmp/$1/$SOURCE"; fi',
  "      return",
  "    fi",
  '    rm -f "$folder/$SOURCE.new" || true',
  "  done",
  "}",
  `noted() { cat "/backups/$1/$SOURCE" "/tmp/$1/$SOURCE" 2> /dev/null | grep -aE '${noted}' || true; }`,
];

/**
 * Defines `tell WHAT` of the backup that began at `now`. The last one that is good stays known until there is another; what a
 * clock told that was ahead does not: its time comes, and then it would be newer than what failed since.
 */
export const tellBackup: readonly string[] = [
  "tell() {",
  '  local line="backup $now $1 $SOURCE" good=""',
  `  if [ "$1" != ok ]; then good="$(noted .status | awk -v now="$now" '$3 == "ok" && $2 <= now' | sort | tail -n 1)"; fi`,
  '  echo "$line"',
  '  printf \'%s\\n\' ${good:+"$good"} "$line" | keep .status',
  "}",
];

/** Prints what was known before `now`: a job's log is all that a cluster keeps at hand, and that of the last good one may be gone. */
export const tellEarlier = `{ noted .status; noted .drill; } | awk -v now="$now" '$2 <= now { print "before: " $0 }'`;

/**
 * Prints what is known of a source, names a file that tells nothing, and says `idle` when nothing saves or tries it now: the lock
 * is asked first and held while it reads, so that what begins or ends meanwhile is not told as killed. Of each of its parts it
 * prints what became of the last restore, and `restoring <store>/<part>` while one is under way.
 */
export const statusScript = ({
  store,
  source,
  parts = [],
}: SourceNames & { readonly parts?: readonly string[] }): string =>
  [
    namesOf({ store, source }),
    // Held by others from the beginning to the end: see `waitForLock`.
    'lock="/backups/.parts/$STORE.lock" idle=no',
    'if [ -r "$lock" ] && exec 9< "$lock" && flock -n 9; then idle=yes; fi',
    'for file in "/backups/.status/$SOURCE" "/backups/.drill/$SOURCE" "/tmp/.status/$SOURCE" "/tmp/.drill/$SOURCE"; do',
    '  if [ -e "$file" ]; then',
    `    grep -aE '${noted}' "$file" || echo "damaged $file"`,
    "  fi",
    "done",
    'if [ "$idle" = yes ]; then echo idle; fi',
    `for part in ${parts.map(quoted).join(" ")}; do`,
    `  held="${restoreLock("$STORE", "$part")}"`,
    '  if [ ! -r "$held" ]; then continue; fi',
    // For a moment, and not alone: who begins one meanwhile waits so long.
    '  if ! flock -s -n "$held" true; then echo "restoring $STORE/$part"; fi',
    `  grep -aE '${notedRestore}' "$held"`,
    "done",
    "true",
    "",
  ].join("\n");
