/** Where a step notes the databases that it could not save. */
export const failedFile = "/backups/.failed";

/** What both scripts need. */
interface ScriptArgs {
  readonly databases: readonly string[];
  /** Days after which a backup is deleted, the newest apart; undefined where another step carries them away. */
  readonly keepDays: number | undefined;
}

/**
 * The frame of a backup: one file per database, named by its time in UTC and only then visible when it is whole.
 * @param save commands that set STORE and define `save DATABASE FILE`.
 */
const frame = (save: readonly string[], { databases, keepDays }: ScriptArgs, suffix: string): string =>
  [
    "set -euo pipefail",
    "umask 077",
    'now="$(date -u +%Y%m%dT%H%M%SZ)"',
    ...save,
    `for database in ${databases.join(" ")}; do`,
    '  folder="/backups/$STORE/$database"',
    '  mkdir -p "$folder"',
    `  file="$folder/$now${suffix}"`,
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

/** A PostgreSQL server as a script reaches it. */
export interface PostgresServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Whether /run/backup/ca.pem is the server's authority. */
  readonly tls: boolean;
}

/** What gives psql, pg_dump and pg_restore their server and login. */
export const postgresConnection = ({ host, port, user, tls }: PostgresServer): string[] => [
  `export PGHOST=${host} PGPORT=${port} PGUSER=${user}`,
  ...(tls ? ["export PGSSLMODE=verify-full PGSSLROOTCERT=/run/backup/ca.pem"] : []),
  // A file and not the environment: what a process was started with can be read by others.
  "export PGPASSFILE=/tmp/pgpass",
  "{ printf '*:*:*:*:'; cat /run/secrets/backup/password; } > /tmp/pgpass",
];

/** Saves PostgreSQL databases in pg_dump's custom format, with owners and rights. */
export function postgresScript(args: ScriptArgs & PostgresServer): string {
  return frame(
    [
      "STORE=postgres",
      ...postgresConnection(args),
      'save() { pg_dump --format=custom --compress=6 --dbname="$1" --file="$2"; }',
    ],
    args,
    ".dump",
  );
}

/** A MongoDB server or set as a script reaches it. */
export interface MongoServer {
  readonly hosts: string;
  readonly replicaSet?: string;
  readonly user: string;
  /** Whether /run/backup/ca.pem is the servers' authority. */
  readonly tls: boolean;
}

/** Runs one of MongoDB's tools and shows what it said only when it fails: `--quiet` would hide the reason as well. */
export const quietly = 'quietly() { "$@" 2> /tmp/said || { cat /tmp/said >&2; return 1; }; }';

/** What gives mongodump and mongorestore their server and login: /tmp/mongo.yaml. */
export function mongoConnection({ hosts, replicaSet, user, tls }: MongoServer): string[] {
  const query = [
    "authSource=admin",
    ...(replicaSet === undefined ? [] : [`replicaSet=${replicaSet}`, "readPreference=secondaryPreferred"]),
    ...(tls ? ["tls=true", "tlsCAFile=/run/backup/ca.pem"] : []),
  ].join("&");
  return [
    // The tool takes its password from a file of its own format.
    "{ printf 'uri: mongodb://%s:' " +
      `${user}; cat /run/secrets/backup/password; printf '@${hosts}/?${query}\\n'; } > /tmp/mongo.yaml`,
  ];
}

/** Saves MongoDB databases as archives of mongodump. */
export function mongoScript(args: ScriptArgs & MongoServer): string {
  return frame(
    [
      "STORE=mongo",
      ...mongoConnection(args),
      quietly,
      'save() { quietly mongodump --config=/tmp/mongo.yaml --db="$1" --archive="$2" --gzip; }',
    ],
    args,
    ".archive.gz",
  );
}
