import { quoted } from "../../core/shell.ts";
import { type Dumps, saveScript, verifyScript } from "../dump-scripts.ts";
import type { Backup } from "../store.ts";
import type { Cluster, External, Facts, Need } from "./facts.ts";
import { type Context, plan as planOf } from "./plan.ts";
import { folder, restoreScript } from "./restore.ts";
import { connection, holdServer, restoreInto, type Server } from "./script-parts.ts";

function serverOf(context: Context): Server {
  const { plan } = planOf(context);
  const { user, database } = plan.admin;
  return { ...context.address, user, adminDatabase: database, tls: plan.caFile !== undefined };
}

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
const restoreApart = (context: Context): string[] => [
  ...restoreInto,
  ...holdServer,
  // As the real one: what is in it belongs to its owner.
  'owner_of() { case "$1" in',
  ...planOf(context).plan.databases.map(({ name, owner }) => `${quoted(name)}) echo ${quoted(owner)} ;;`),
  "esac; }",
  "drop_apart() {",
  // Also what a drill has left that was killed: only one runs at a time.
  "  admin_sql <<'SQL'",
  "SET client_min_messages = warning;",
  "DROP DATABASE IF EXISTS beat_drill WITH (FORCE);",
  "SQL",
  "}",
  "restored_rows() {",
  "  local result=0",
  "  hold_server || return 1",
  '  rows_apart "$@" || result=1',
  "  release_server",
  '  return "$result"',
  "}",
  "rows_apart() {",
  "  local result=0",
  "  drop_apart || return 1",
  '  admin_sql -v owner="$(owner_of "$1")" <<\'SQL\' || return 1',
  'CREATE DATABASE beat_drill OWNER :"owner" TEMPLATE template0;',
  "REVOKE CONNECT ON DATABASE beat_drill FROM PUBLIC;",
  "SQL",
  '  if restore_into beat_drill "$2"; then',
  "    sql_in beat_drill > \"$3\" <<'SQL' || result=1",
  "SET row_security = off;",
  countRows,
  "SQL",
  "  else",
  "    result=1",
  "  fi",
  "  drop_apart || result=1",
  "  drop_made || result=1",
  '  return "$result"',
  "}",
];

const formerOf = (needs: Context["needs"]): Record<string, readonly string[]> =>
  Object.fromEntries(needs.map(({ need }) => [need.database, need.renamedFrom ?? []]));

const databasesOf = (needs: Context["needs"]): string[] => needs.map(({ need }) => need.database);

const dumpsOf = (context: Context): Dumps => ({
  ...folder,
  databases: databasesOf(context.needs),
  former: formerOf(context.needs),
  connection: connection(serverOf(context)),
  save,
  restoreApart: restoreApart(context),
});

/** Saves databases in pg_dump's custom format, with owners and rights. */
export const backup: Backup<Facts, Need, External, Cluster> = {
  suffix: folder.suffix,
  image: "postgres",
  databases: databasesOf,
  former: formerOf,
  script: (context, args) => saveScript(dumpsOf(context), args),
  verify: (context) => verifyScript(dumpsOf(context)),
  restore: (context, { database, from }) => {
    const { plan } = planOf(context);
    const { owner = "", renamedFrom: formerDatabases = [] } =
      plan.databases.find(({ name }) => name === database) ?? {};
    const former = plan.roles.find(({ name }) => name === owner)?.renamedFrom ?? [];
    return {
      script: restoreScript({ ...serverOf(context), owner, former, formerDatabases, database, from }),
    };
  },
};
