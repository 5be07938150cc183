import { quoted } from "../../core/shell.ts";
import { longestBackupSeconds } from "../backup-status.ts";
import { aloneVariable } from "../restore-status.ts";
import { lockDatabase } from "./names.ts";

/**
 * Defines `in_shell`, which reads lines of JavaScript for mongosh; `at` is the connection. They go into a file, since arguments are
 * seen by others. What is asked of a set is asked of its primary: another member may not have it yet.
 */
export const inShell: readonly string[] = [
  "in_shell() {",
  `  { sed -n 's/readPreference=secondaryPreferred/readPreference=primary/; s/^uri: \\(.*\\)$/const at = connect("\\1");/p' /tmp/mongo.yaml; cat; } > /tmp/shell.js`,
  "  mongosh --quiet --nodb --file /tmp/shell.js",
  "}",
];

/**
 * Defines `hold_server WHAT`, for `a drill` and `a restore of …`, which waits until no other is on this server, and refuses a second
 * restore of the same database; `release_server`; and `await_restore`, which waits for a restore alone. Each pod that saves into a bucket has a spool of its own, so that a lock among the backups keeps no other
 * away. MongoDB has no lock that ends with its connection: this one ends at the latest when the longest that a backup may take is over,
 * by the server's clock, and it is no hindrance to who has the same spool or is a later pod of the same job, since those wait for each
 * other otherwise. With {@link aloneVariable} an older one is none either.
 *
 * A server that takes no lock, for want of a right, is restored all the same.
 */
export const holdServer: readonly string[] = [
  'spool="" job="" holding=no',
  `random_id() { head -c 4 /dev/urandom | od -An -tx1 | tr -d ' \\n'; }`,
  "know_spool() {",
  '  if [ -n "$spool" ]; then return; fi',
  // The same for all that share the lock among the backups: see `waitForLock`.
  '  { [ -s "$parts.id" ] || random_id > "$parts.id"; } 2> /dev/null || true',
  '  spool="$(cat "$parts.id" 2> /dev/null || true)"',
  '  [[ "$spool" =~ ^[0-9a-f]{8}$ ]] || spool="$(random_id)"',
  // As a pod's name has it.
  '  if [[ "${HOSTNAME:-}" =~ ^(backup-.*)-[a-z0-9]{5}$ ]]; then job="${BASH_REMATCH[1]}"; fi',
  "}",
  "ask_lock() {",
  "  {",
  `    printf 'const what = "%s", spool = "%s", job = "%s", aloneMs = %s;\\n' "$1" "$spool" "$job" "$(if [ -n "\${${aloneVariable}:-}" ]; then echo "$((($(date +%s) - ${aloneVariable}) * 1000))"; else echo Infinity; fi)"`,
  "    cat <<'JS'",
  `const locks = at.getSiblingDB("${lockDatabase}").getCollection("locks");`,
  'const now = at.getSiblingDB("admin").runCommand({ hello: 1 }).localTime;',
  'const left = [{ until: { $lt: now } }, { spool }, ...(job === "" ? [] : [{ job }])];',
  "if (aloneMs !== Infinity) left.push({ since: { $lt: new Date(now.getTime() - aloneMs) } });",
  'const other = { _id: "backups", $nor: left };',
  'if (what === "") { const held = locks.findOne(other); print(held === null ? "held" : "by " + held.what); }',
  "else",
  "  try {",
  `    const until = new Date(now.getTime() + ${longestBackupSeconds * 1000});`,
  '    const free = { _id: "backups", $or: left };',
  "    locks.findOneAndUpdate(free, { $set: { what, spool, job, since: now, until } }, { upsert: true });",
  '    print("held");',
  "  } catch (error) {",
  // There is one, and it is another's: it cannot be made a second time.
  "    if (error.code !== 11000) throw error;",
  '    print("by " + (locks.findOne(other)?.what ?? "one that has just ended"));',
  "  }",
  "JS",
  "  } | in_shell 2> /dev/null | tail -n 1",
  "}",
  "wait_lock() {",
  "  local said deadline=$((SECONDS + 7200))",
  "  know_spool",
  "  while :; do",
  '    said="$(ask_lock "$1")" || return 0',
  '    case "$said" in "by "*) ;; *) return 0 ;; esac',
  '    case "$1 $said" in',
  '      "a restore of "*" by $1") echo "another ${1#a } is under way; nothing was changed: wait until it has ended" >&2; return 6 ;;',
  // A drill is no hindrance to a backup.
  '      " by a drill") return 0 ;;',
  "    esac",
  '    if [ "$SECONDS" -gt "$deadline" ]; then echo "${said#by } has been running for two hours" >&2; return 1; fi',
  "    sleep 5",
  "  done",
  "}",
  'await_restore() { wait_lock ""; }',
  'hold_server() { wait_lock "$1" && holding=yes; }',
  "release_server() {",
  "  holding=no",
  `  printf 'at.getSiblingDB("${lockDatabase}").getCollection("locks").deleteOne({ _id: "backups", spool: "%s" });\\n' "$spool" | in_shell > /dev/null 2>&1 || true`,
  "}",
];

/**
 * Defines `drop_left`, which drops what drills and restores have left that were killed: those of the same spool, where no other can be
 * at work, and of others whatever is older than the longest that one may take.
 * @param databases of which there may be one.
 */
export const dropLeft = (databases: readonly string[]): readonly string[] => [
  "drop_left() {",
  "  know_spool",
  "  {",
  `    printf 'const spool = "%s", before = "%s", databases = %s;\\n' "$spool" "$(date -u -d "@$(($(date +%s) - ${longestBackupSeconds}))" +%Y%m%dt%H%M%Sz)" ${quoted(JSON.stringify(databases))}`,
  "    cat <<'JS'",
  `const beginnings = ["beat_drill", ...databases.map((name) => name.slice(0, ${mostOfName}) + "_restore")];`,
  'for (const { name } of at.getSiblingDB("admin").runCommand({ listDatabases: 1, nameOnly: true }).databases ?? []) {',
  // Without an end, or with a time in capitals: of versions before this one.
  "  const [, beginning, time, of] = /^(.*)_([0-9]{8}t[0-9]{6}z)(?:_([0-9a-f]{8}))?$/i.exec(name) ?? [];",
  "  const isLeft = beginnings.includes(beginning) && (of === spool || time.toLowerCase() < before);",
  '  if (isLeft || name === "beat_drill") at.getSiblingDB(name).dropDatabase();',
  "}",
  "JS",
  "  } | in_shell > /dev/null",
  "}",
];

/** So much of a database's name is in that of a trial of it: a name has 63 bytes at most. */
export const mostOfName = 29;
