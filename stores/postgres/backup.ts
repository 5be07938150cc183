import { quoted } from "../../core/shell.ts";
import { backupFrame } from "../backup-frame.ts";
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
  `export PGHOST=${quoted(host)} PGPORT=${quoted(port)} PGUSER=${quoted(user)}`,
  ...(tls ? ["export PGSSLMODE=verify-full PGSSLROOTCERT=/run/backup/ca.pem"] : []),
  // A file and not the environment: what a process was started with can be read by others.
  "export PGPASSFILE=/tmp/pgpass",
  "{ printf '*:*:*:*:'; cat /run/secrets/backup/password; } > /tmp/pgpass",
];

/** Saves databases in pg_dump's custom format, with owners and rights. */
export const backup: Backup<Facts, Need, External, Cluster> = {
  suffix: folder.suffix,
  image: "postgres",
  databases: (needs) => needs.map(({ need }) => need.database),
  script: (context, { keepDays }) =>
    backupFrame(
      [
        `STORE=${quoted(folder.store)}`,
        ...connection(serverOf(context)),
        'save() { pg_dump --format=custom --compress=6 --dbname="$1" --file="$2"; }',
      ],
      { databases: backup.databases(context.needs), keepDays, suffix: folder.suffix },
    ),
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
