import { quoted } from "../../core/shell.ts";
import { type Dumps, saveScript, verifyScript } from "../dump-scripts.ts";
import { findBackup, type RestoreFrame } from "../restore-frame.ts";
import type { Backup } from "../store.ts";
import type { Cluster, External, Facts, Need } from "./facts.ts";
import { type Context, plan as planOf } from "./plan.ts";

const folder: RestoreFrame = { store: "postgres", suffix: ".dump" };

/** A PostgreSQL server as a script reaches it. */
interface Server {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Whether /run/backup/ca.pem is the server's authority. */
  readonly tls: boolean;
}

function serverOf(context: Context): Server {
  const { plan } = planOf(context);
  return { ...context.address, user: plan.admin.user, tls: plan.caFile !== undefined };
}

/** What gives psql, pg_dump and pg_restore their server and login. */
const connection = ({ host, port, user, tls }: Server): string[] => [
  `export PGHOST=${quoted(host)} PGPORT=${quoted(port)} PGUSER=${quoted(user)} PGCONNECT_TIMEOUT=15`,
  ...(tls ? ["export PGSSLMODE=verify-full PGSSLROOTCERT=/run/backup/ca.pem"] : []),
  // A file and not the environment: what a process was started with can be read by others.
  "export PGPASSFILE=/tmp/pgpass",
  "{ printf '*:*:*:*:'; cat /run/secrets/backup/password; } > /tmp/pgpass",
];

/**
 * Prints `rows <number> <table>` for each table that a dump holds: those of extensions are made by the extension. Source:
 * PostgreSQL, "pg_depend", DEPENDENCY_EXTENSION.
 */
const countRows = `SELECT format('SELECT %L || count(*) || %L FROM %I.%I', 'rows ', ' ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname), n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY n.nspname, c.relname \\gexec`;

/**
 * Dumps and counts in one snapshot, so that what is written meanwhile is in both or in neither: psql holds the transaction
 * and runs pg_dump inside it. Where no snapshot can be had there is a dump all the same, and nothing is counted.
 */
const save: readonly string[] = [
  "save() {",
  '  export DATABASE="$1" DUMP="$2"',
  "  local counted=yes",
  '  psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$DATABASE" > "$3" <<\'SQL\' || counted=no',
  "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;",
  "SET LOCAL row_security = off;",
  "SELECT pg_export_snapshot() AS snapshot \\gset",
  "\\setenv SNAPSHOT :snapshot",
  '\\! pg_dump --format=custom --compress=6 --snapshot="$SNAPSHOT" --dbname="$DATABASE" --file="$DUMP"; echo $? > "$DUMP.status"',
  countRows,
  "COMMIT;",
  "SQL",
  '  if [ -f "$DUMP.status" ]; then',
  '    [ "$(cat "$DUMP.status")" = 0 ] || return 1',
  "  else",
  '    pg_dump --format=custom --compress=6 --dbname="$DATABASE" --file="$DUMP" || return 1',
  "  fi",
  '  if [ "$counted" = no ]; then rm -f "$3"; echo "the rows of $DATABASE could not be counted" >&2; fi',
  "}",
];

/** Defines `restored_rows`: restores into a database of its own, counts, and drops it. */
function restoreApart(context: Context): string[] {
  const { plan } = planOf(context);
  return [
    `admin_sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 -v apart=beat_drill -d ${quoted(plan.admin.database)}; }`,
    "drop_apart() {",
    // Also what a drill has left that was killed: only one runs at a time.
    "  admin_sql <<'SQL'",
    "SET client_min_messages = warning;",
    'DROP DATABASE IF EXISTS :"apart" WITH (FORCE);',
    "SQL",
    "}",
    "restored_rows() {",
    "  local result=0",
    "  drop_apart || return 1",
    "  admin_sql <<'SQL' || return 1",
    'CREATE DATABASE :"apart" TEMPLATE template0;',
    'REVOKE CONNECT ON DATABASE :"apart" FROM PUBLIC;',
    "SQL",
    '  if pg_restore --exit-on-error --dbname=beat_drill "$2"; then',
    "    psql -X -q -A -t -v ON_ERROR_STOP=1 -d beat_drill > \"$3\" <<'SQL' || result=1",
    "SET row_security = off;",
    countRows,
    "SQL",
    "  else",
    "    result=1",
    "  fi",
    "  drop_apart || result=1",
    '  return "$result"',
    "}",
  ];
}

const databasesOf = (needs: Context["needs"]): string[] => needs.map(({ need }) => need.database);

const dumpsOf = (context: Context): Dumps => ({
  ...folder,
  databases: databasesOf(context.needs),
  connection: connection(serverOf(context)),
  save,
  restoreApart: restoreApart(context),
});

/** Saves databases in pg_dump's custom format, with owners and rights. */
export const backup: Backup<Facts, Need, External, Cluster> = {
  suffix: folder.suffix,
  image: "postgres",
  databases: databasesOf,
  script: (context, args) => saveScript(dumpsOf(context), args),
  verify: (context) => verifyScript(dumpsOf(context)),
  restore: (context, { database, from }) => {
    const { plan } = planOf(context);
    return {
      script: restoreScript({
        ...serverOf(context),
        adminDatabase: plan.admin.database,
        owner: plan.databases.find(({ name }) => name === database)?.owner ?? "",
        database,
        from,
      }),
    };
  },
};

/**
 * Restores a database beside the present one and lets it take its place only when it is whole: the present one stays as
 * `<database>_before_<time>`. Between the two renames nobody can connect, and one transaction holds both.
 */
export function restoreScript(
  args: Server & {
    readonly database: string;
    readonly from: string;
    readonly owner: string;
    readonly adminDatabase: string;
  },
): string {
  return [
    "set -euo pipefail",
    "umask 077",
    `database=${quoted(args.database)} owner=${quoted(args.owner)} from=${quoted(args.from)}`,
    ...connection(args),
    ...findBackup(folder),
    // Not `-d`: psql reads a name with "=" in it as a whole connection string.
    `sql() { PGDATABASE=${quoted(args.adminDatabase)} psql -X -q -A -t -v ON_ERROR_STOP=1 -v database="$database" -v owner="$owner" -v fresh="$fresh" -v before="$before"; }`,
    "stamp=\"$(printf %s \"$now\" | tr '[:upper:]' '[:lower:]')\"",
    // A name has 63 bytes at most, and what is longer would be cut without a word.
    'fresh="${database:0:38}_restore_$stamp" before="${database:0:38}_before_$stamp"',
    // A broken file is found here, before anything is made.
    'pg_restore --list "$file" > /dev/null',
    'echo "restoring $file"',
    `sql <<'SQL'`,
    `CREATE DATABASE :"fresh" OWNER :"owner" TEMPLATE template0;`,
    `REVOKE CONNECT ON DATABASE :"fresh" FROM PUBLIC;`,
    "SQL",
    'if ! pg_restore --exit-on-error --dbname="$fresh" "$file"; then',
    `  sql <<'SQL'`,
    `DROP DATABASE :"fresh";`,
    "SQL",
    '  echo "the backup could not be restored; $database is as it was" >&2',
    "  exit 4",
    "fi",
    `known="$(sql <<'SQL'`,
    `SELECT count(*) FROM pg_database WHERE datname = :'database';`,
    "SQL",
    ')"',
    'if [ "$known" = 1 ]; then',
    // Clients come back at once: nobody may, until the names are changed.
    `  open_again() { sql <<'SQL'`,
    `ALTER DATABASE :"database" WITH ALLOW_CONNECTIONS true;`,
    "SQL",
    "  }",
    "  trap open_again EXIT",
    `  sql <<'SQL'`,
    `ALTER DATABASE :"database" WITH ALLOW_CONNECTIONS false;`,
    `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = :'database' \\g /dev/null`,
    "BEGIN;",
    `ALTER DATABASE :"database" RENAME TO :"before";`,
    `ALTER DATABASE :"fresh" RENAME TO :"database";`,
    "COMMIT;",
    `ALTER DATABASE :"before" WITH ALLOW_CONNECTIONS true;`,
    "SQL",
    "  trap - EXIT",
    '  echo "$database is restored from $from; what it was is kept as $before"',
    "else",
    `  sql <<'SQL'`,
    `ALTER DATABASE :"fresh" RENAME TO :"database";`,
    "SQL",
    '  echo "$database is restored from $from; there was none before"',
    "fi",
    "",
  ].join("\n");
}
