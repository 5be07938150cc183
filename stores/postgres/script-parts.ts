import { quoted } from "../../core/shell.ts";

/** A PostgreSQL server as a script reaches it. */
export interface Server {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** The database that the administrator connects to. */
  readonly adminDatabase: string;
  /** Whether /run/backup/ca.pem is the server's authority. */
  readonly tls: boolean;
}

/** What gives psql, pg_dump and pg_restore their server and login; defines `sql_in DATABASE` and `admin_sql`, which read SQL. */
export const connection = ({ host, port, user, adminDatabase, tls }: Server): string[] => [
  `export PGHOST=${quoted(host)} PGPORT=${quoted(port)} PGUSER=${quoted(user)} PGCONNECT_TIMEOUT=15`,
  ...(tls ? ["export PGSSLMODE=verify-full PGSSLROOTCERT=/run/backup/ca.pem"] : []),
  // A file and not the environment: what a process was started with can be read by others.
  "export PGPASSFILE=/tmp/pgpass",
  "{ printf '*:*:*:*:'; cat /run/secrets/backup/password; } > /tmp/pgpass",
  `admin=${quoted(adminDatabase)}`,
  // Not `-d`: psql reads a name with "=" in it as a whole connection string.
  'sql_in() { local at="$1"; shift; PGDATABASE="$at" psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }',
  'admin_sql() { sql_in "$admin" "$@"; }',
];

/**
 * Defines `hold_server`, which waits until no other drill or restore is on this server, and `release_server`. Each pod that saves
 * into a bucket has a spool of its own, so that a lock among the backups keeps no other away; what they make, a database for a drill
 * and roles, is the server's. Whatever kills it, the server frees the lock when the connection ends. Source: PostgreSQL, "Advisory Locks".
 */
export const holdServer: readonly string[] = [
  "hold_server() {",
  '  exec 7> >(exec 6>&- 9>&-; admin_sql > "$parts/held" 2>&1)',
  "  holder=$!",
  // It may be gone already, and writing to it must not end this one.
  "  trap '' PIPE",
  "  cat >&7 <<'SQL' || true",
  // Of a node that is lost no connection ends by itself for two hours.
  "SET tcp_keepalives_idle = 60; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 6;",
  "SET lock_timeout = '2h';",
  "SELECT 'held' FROM pg_advisory_lock(hashtext('a drill or a restore of backups'));",
  "SQL",
  "  trap - PIPE",
  '  until grep -qx held "$parts/held" 2> /dev/null; do',
  '    if ! kill -0 "$holder" 2> /dev/null; then cat "$parts/held" >&2; return 1; fi',
  "    sleep 0.2",
  "  done",
  "}",
  'release_server() { exec 7>&-; wait "$holder" 2> /dev/null || true; rm -f "$parts/held"; }',
];

/** Marks a role that is there for a restore alone, so that one that was killed leaves none for good. */
const mark = "made by a restore";
/** An identifier as pg_dump writes it. */
const identifier = `("([^"]|"")+"|[a-z_][a-z0-9_$]*)`;

/**
 * Roles that a dump speaks of, a line each, as SQL writes them: owners, and those with rights or a policy. One too many, e.g. from
 * the text of a function, does no harm.
 */
const rolesInDump = [
  'pg_restore --schema-only --file=- "$1" | LC_ALL=C sed -nE',
  `-e 's/^ALTER .* OWNER TO ${identifier};$/\\1/p'`,
  `-e 's/^ALTER DEFAULT PRIVILEGES FOR ROLE ${identifier} .*$/\\1/p'`,
  `-e 's/^(ALTER DEFAULT PRIVILEGES .* )?(GRANT|REVOKE) .* (TO|FROM) ${identifier}( WITH GRANT OPTION)?;$/\\4/p'`,
  `-e 's/^SET SESSION AUTHORIZATION ${identifier};$/\\1/p'`,
  `-e '/^CREATE POLICY /{s/^CREATE POLICY .* TO (${identifier}(, ${identifier})*)(;| USING .*| WITH CHECK .*)$/\\1/;T;s/, /\\n/g;p}'`,
  "| sort -u",
].join(" ");

/**
 * Defines `restore_into DATABASE FILE`, and `drop_made` for when that is done or the database gone. A dump gives things to roles
 * by their names, and a service that had another name then has another role now: during a restore there are roles of all the
 * names in it, and what they own goes to the owner of the database.
 */
export const restoreInto: readonly string[] = [
  "made=()",
  "make_roles() {",
  "  local role missing",
  `  missing="$(${rolesInDump})" || return 1`,
  '  [ "$missing" != "" ] || return 0',
  `  missing="$(sed "s/'/''/g; s/.*/('&'),/" <<< "$missing")"`,
  '  missing="$(admin_sql <<SQL',
  "SELECT role FROM (VALUES ${missing%,}) AS found (role) WHERE NOT EXISTS",
  "(SELECT FROM pg_roles WHERE rolname = (parse_ident(role))[1] AND shobj_description(oid, 'pg_authid') IS DISTINCT FROM '" +
    `${mark}');`,
  "SQL",
  '  )" || return 1',
  "  while IFS= read -r role; do",
  '    if [ "$role" = "" ]; then continue; fi',
  '    made+=("$role")',
  "    admin_sql -v role=\"$role\" <<'SQL' || return 1",
  "SELECT format('CREATE ROLE %s NOLOGIN', :'role') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = (parse_ident(:'role'))[1]) \\gexec",
  `COMMENT ON ROLE :role IS '${mark}';`,
  // Who is no superuser gives things to roles alone that it is a member of.
  "SELECT format('GRANT %s TO CURRENT_USER%s', :'role', CASE WHEN current_setting('server_version_num')::int >= 160000 THEN ' WITH INHERIT TRUE, SET TRUE' END)",
  "FROM pg_roles WHERE rolname = current_user AND NOT rolsuper \\gexec",
  "SQL",
  '  done <<< "$missing"',
  "}",
  "restore_into() {",
  "  local role",
  '  make_roles "$2" || return 1',
  // Who is no superuser gives a table only to a role that may make one there; those of this restore lose that again.
  '  for role in "${made[@]}"; do',
  '    sql_in "$1" <<< "GRANT CREATE ON SCHEMA public TO $role;" || return 1',
  "  done",
  '  pg_restore --exit-on-error --dbname="$1" "$2" || return 1',
  '  for role in "${made[@]}"; do',
  '    sql_in "$1" -v role="$role" <<\'SQL\' || return 1',
  "SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = current_database() \\gset",
  'REASSIGN OWNED BY :role TO :"owner";',
  "DROP OWNED BY :role;",
  "SQL",
  "  done",
  "}",
  "drop_made() {",
  "  local role result=0",
  '  for role in "${made[@]}"; do admin_sql <<< "DROP ROLE IF EXISTS $role;" || result=1; done',
  "  made=()",
  '  return "$result"',
  "}",
];
