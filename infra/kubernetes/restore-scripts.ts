import {
  type MongoServer,
  mongoConnection,
  type PostgresServer,
  postgresConnection,
  quietly,
} from "./backup-scripts.ts";

/** What a restore is told; names that the definition or the user chose, never a secret. */
interface RestoreArgs {
  readonly database: string;
  /** File in the backups' folder of the database, or `latest`. */
  readonly from: string;
}

/** Prints every backup there is: store, database, file and bytes, a line each. */
export const listScript = [
  "set -euo pipefail",
  "cd /backups",
  "find . -mindepth 3 -maxdepth 3 -type f ! -name '*.part' -printf '%P %s\\n' | sort | tr '/' ' '",
  "",
].join("\n");

const findFile = (store: string, suffix: string): string[] => [
  `folder="/backups/${store}/$database"`,
  `if [ "$from" = latest ]; then from="$(ls -1 "$folder" 2>/dev/null | grep -E '^[0-9]{8}T[0-9]{6}Z\\${suffix}$' | tail -n 1 || true)"; fi`,
  'file="$folder/$from"',
  'if [ -z "$from" ] || [ ! -f "$file" ]; then echo "there is no backup $file" >&2; exit 3; fi',
  'now="$(date -u +%Y%m%dT%H%M%SZ)"',
];

/** A word for the shell, whatever is in it. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/**
 * Restores a database beside the present one and lets it take its place only when it is whole: the present one stays as
 * `<database>_before_<time>`. Between the two renames nobody can connect, and one transaction holds both.
 */
export function postgresRestoreScript(
  args: RestoreArgs & PostgresServer & { readonly owner: string; readonly adminDatabase: string },
): string {
  return [
    "set -euo pipefail",
    "umask 077",
    `database=${quoted(args.database)} owner=${quoted(args.owner)} from=${quoted(args.from)}`,
    ...postgresConnection(args),
    ...findFile("postgres", ".dump"),
    `sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 -v database="$database" -v owner="$owner" -v fresh="$fresh" -v before="$before" -d ${quoted(args.adminDatabase)}; }`,
    "stamp=\"$(printf %s \"$now\" | tr '[:upper:]' '[:lower:]')\"",
    'fresh="${database}_restore_$stamp" before="${database}_before_$stamp"',
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

const mongoHead = ({ database, from, ...server }: RestoreArgs & MongoServer): string[] => [
  "set -euo pipefail",
  "umask 077",
  `database=${quoted(database)} from=${quoted(from)}`,
  ...mongoConnection(server),
  quietly,
];

const savePresent = [
  'folder="/backups/mongo/$database"',
  'mkdir -p "$folder"',
  // A name that `latest` passes over: after a restore that failed, the next must not bring back what it should mend.
  'present="$folder/$(date -u +%Y%m%dT%H%M%SZ).before-restore.archive.gz"',
  'quietly mongodump --config=/tmp/mongo.yaml --db="$database" --archive="$present.part" --gzip',
  'mv "$present.part" "$present"',
  'echo "saved the present state as ${present##*/}"',
];

const replacePresent = [
  'trial="${database}_restore_$now"',
  'restore() { quietly mongorestore --config=/tmp/mongo.yaml --archive="$file" --gzip --stopOnError --nsInclude="$database.*" "$@"; }',
  // A file, since arguments are seen by others.
  "sed -n 's/^uri: \\(.*\\)$/const at = connect(\"\\1\");/p' /tmp/mongo.yaml > /tmp/drop.js",
  'echo "at.getSiblingDB(\\"$trial\\").dropDatabase();" >> /tmp/drop.js',
  "drop_trial() { mongosh --quiet --nodb --file /tmp/drop.js > /dev/null; }",
  'if ! restore --nsFrom="$database.*" --nsTo="$trial.*"; then',
  "  drop_trial",
  '  echo "the backup could not be restored; $database is as it was" >&2',
  "  exit 4",
  "fi",
  "drop_trial",
  "restore --drop",
];

/**
 * Restores a database of MongoDB, which has no rename: the present state is saved first, the backup is tried in a
 * database of its own, and only then takes the place of the collections it holds.
 */
export function mongoRestoreScript(args: RestoreArgs & MongoServer): string {
  return [
    ...mongoHead(args),
    ...findFile("mongo", ".archive.gz"),
    ...savePresent,
    ...replacePresent,
    'echo "$database is restored from $from; what it was is in ${present##*/}"',
    "",
  ].join("\n");
}

/** The first step of {@link mongoRestoreScript} where backups lie in a bucket: saves the present state. */
export const mongoPresentScript = (args: RestoreArgs & MongoServer): string =>
  [...mongoHead(args), ...savePresent, ""].join("\n");

/** The last step of {@link mongoRestoreScript} where backups lie in a bucket: an earlier one has fetched the file. */
export const mongoReplaceScript = (args: RestoreArgs & MongoServer): string =>
  [
    ...mongoHead(args),
    ...findFile("mongo", ".archive.gz"),
    ...replacePresent,
    'echo "$database is restored from $from; what it was is saved as said above"',
    "",
  ].join("\n");
