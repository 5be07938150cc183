import { quoted } from "../../core/shell.ts";
import { findBackup, type RestoreFrame } from "../restore-frame.ts";
import { connection, holdServer, restoreInto, type Server } from "./script-parts.ts";

/** Where its backups are. */
export const folder: RestoreFrame = { store: "postgres", suffix: ".dump" };

/** What a restore is made from. */
interface RestoreArgs extends Server {
  readonly database: string;
  readonly from: string;
  /** The role that everything in it belongs to afterwards. */
  readonly owner: string;
  /** What that role was called before. */
  readonly former: readonly string[];
  /** What the database was called before. */
  readonly formerDatabases: readonly string[];
}

/**
 * Restores a database beside the present one and lets it take its place only when it is whole: the present one stays as
 * `<database>_before_<time>`. Wherever it is killed, one of the two is there under the name, and the next restore clears away the rest.
 */
export const restoreScript = (args: RestoreArgs): string =>
  [
    "set -euo pipefail",
    "umask 077",
    `database=${quoted(args.database)} owner=${quoted(args.owner)} former=${quoted(args.former.join(" "))} from=${quoted(args.from)}`,
    ...connection(args),
    ...findBackup(folder, args.formerDatabases),
    ...restoreInto,
    ...holdServer,
    "hold_server",
    "stamp=\"$(printf %s \"$now\" | tr '[:upper:]' '[:lower:]')\"",
    // A name has 63 bytes at most, and what is longer would be cut without a word.
    'fresh="${database:0:38}_restore_$stamp" before="${database:0:38}_before_$stamp"',
    'sql() { admin_sql -v database="$database" -v owner="$owner" -v fresh="$fresh" -v before="$before"; }',
    ...clearAway,
    // A broken file is found here, before anything is made.
    'pg_restore --list "$file" > /dev/null',
    'echo "restoring $file"',
    "sql <<'SQL'",
    'CREATE DATABASE :"fresh" OWNER :"owner" TEMPLATE template0;',
    'REVOKE CONNECT ON DATABASE :"fresh" FROM PUBLIC;',
    "SQL",
    'if ! restore_into "$fresh" "$file" || ! adopt; then',
    '  echo "the backup could not be restored; $database is as it was" >&2',
    "  exit 4",
    "fi",
    `known="$(sql <<'SQL'`,
    "SELECT count(*) FROM pg_database WHERE datname = :'database';",
    "SQL",
    ')"',
    'if [ "$known" = 1 ]; then',
    ...takePlace,
    '  echo "$database is restored from $from; what it was is kept as $before"',
    "else",
    "  sql <<'SQL'",
    'ALTER DATABASE :"fresh" RENAME TO :"database";',
    "SQL",
    '  echo "$database is restored from $from; there was none before"',
    "fi",
    "",
  ].join("\n");

/** Defines, for the end, and calls what removes things that are of no use, and what a restore has left that was killed. */
const clearAway: readonly string[] = [
  "clear_away() {",
  "  sql <<'SQL' || true",
  "SET client_min_messages = warning;",
  "SELECT format('ALTER DATABASE %I WITH ALLOW_CONNECTIONS true', datname) FROM pg_database WHERE datname = :'database' AND NOT datallowconn \\gexec",
  "SELECT format('DROP DATABASE %I', datname) FROM pg_database WHERE datname ~ ('^' || left(:'database', 38) || '_restore_[0-9]{8}t[0-9]{6}z$') \\gexec",
  "SQL",
  "  drop_made || true",
  "}",
  "clear_away",
  // What a role owns that the service had before, and that is still there.
  "adopt() {",
  '  sql_in "$fresh" -v owner="$owner" -v former="$former" <<\'SQL\'',
  "SELECT format('REASSIGN OWNED BY %I TO %I', rolname, :'owner') FROM pg_roles WHERE rolname = ANY (string_to_array(:'former', ' ')) \\gexec",
  "SELECT DISTINCT format('note: some of it belongs to the role %s, as when it was saved', rolname) FROM pg_shdepend JOIN pg_roles ON pg_roles.oid = refobjid",
  "WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND deptype = 'o' AND NOT rolsuper AND rolname NOT IN (:'owner', current_user);",
  "SQL",
  "}",
];

/**
 * Lets the fresh one take the place of the present one. Clients come back at once, so nobody may until the names are changed. It
 * is one message to the server, which carries it out whatever becomes of the client; the two renames are one transaction.
 */
const takePlace: readonly string[] = [
  "  sql > /dev/null <<'SQL'",
  [
    'BEGIN; ALTER DATABASE :"database" WITH ALLOW_CONNECTIONS false; COMMIT;',
    "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity WHERE datname = :'database';",
    'ALTER DATABASE :"database" RENAME TO :"before"; ALTER DATABASE :"fresh" RENAME TO :"database"; ALTER DATABASE :"before" WITH ALLOW_CONNECTIONS true;',
  ]
    .join(" ")
    .replace(/;(?!$)/g, "\\;"),
  "SQL",
];
