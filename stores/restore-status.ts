import { clearAway } from "./clear-away.ts";
import { setOfStack } from "./of-stack.ts";

/**
 * What a restore of a part holds from its beginning to its end, among the backups; in it stands what became of the last one.
 * @param store as the shell has it. @param part as well.
 */
export const restoreLock = (store: string, part: string): string =>
  `/backups/.parts/${store}.${part}.restore`;

/**
 * Refuses a second restore of `$STORE`'s `$database` while one is under way, and says of this one, for `./beat status`:
 * `restore <time> <what> <store>/<part>`, where `<time>` is when it began and `<what>` is `begun`, `ok`, `unchanged` for one that
 * failed and has replaced nothing, `replacing` as long as half of it may be there, and `failed` where that stays so. It is kept in
 * the lock itself, and printed once something is replaced.
 *
 * A script calls `replaces` before it takes away what was there, and may define `clear_away`, which is called at the end, however
 * that comes.
 */
export const tellRestore: readonly string[] = [
  setOfStack,
  'mkdir -p "/backups/.parts"',
  // Whoever began one and left, e.g. by Ctrl-C, may not know that it goes on: a second one on top is nobody's wish.
  `restore_lock="${restoreLock("$STORE", "$database")}"`,
  'exec 6>> "$restore_lock"',
  // It is asked for a moment whether one is under way.
  'if ! flock -w 2 6; then echo "another restore of $database is under way; nothing was changed: wait until it has ended" >&2; exit 6; fi',
  'begun="$(date -u +%Y%m%dT%H%M%SZ)" replaced=no',
  "tell_restore() {",
  '  local line="restore $begun $1 $STORE/$database"',
  // For the log of a cluster's job: of one that says nothing the job itself tells whether it runs or failed.
  '  if [ "$replaced" = yes ] || [ "$1" = ok ]; then echo "$line"; fi',
  // A volume that is full takes none, which is no reason to leave a restore.
  '  { echo "$line" > "$restore_lock"; } 2> /dev/null || true',
  "}",
  "replaces() { replaced=yes; tell_restore replacing; }",
  "end_restore() {",
  "  local code=$?",
  '  trap "" TERM INT HUP',
  `  ${clearAway}`,
  '  if [ "$code" = 0 ]; then tell_restore ok',
  '  elif [ "$replaced" = no ]; then tell_restore unchanged',
  "  else",
  "    tell_restore failed",
  '    echo "some of $database may be the backup\'s already: restore again, or what was saved first${present:+: ./beat restore --store $STORE --database $database --from ${present##*/}${ofStack}}" >&2',
  "  fi",
  "}",
  "trap end_restore EXIT",
  "tell_restore begun",
];

/** The time, in seconds, at which nothing else was at work on a store: an older lock on its server was left by one that was killed. */
export const aloneVariable = "BEAT_ALONE";

/** Prints `restoring <store>/<part>` for every restore that is under way in a volume of backups. */
export const restoringScript = [
  "for held in /backups/.parts/*.restore; do",
  '  name="${held##*/}" name="${name%.restore}"',
  '  if [ -r "$held" ] && ! flock -s -n "$held" true; then echo "restoring ${name%%.*}/${name#*.}"; fi',
  "done",
  "",
].join("\n");
