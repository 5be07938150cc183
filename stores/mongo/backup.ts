import { quoted } from "../../core/shell.ts";
import { backupFrame } from "../backup-frame.ts";
import { findBackup, type RestoreFrame } from "../restore-frame.ts";
import type { Backup } from "../store.ts";
import type { Cluster, External, Facts, Need } from "./facts.ts";
import { plan as planOf } from "./plan.ts";
import { type Context, membersOf, replicaSetName } from "./replica-set.ts";

const folder: RestoreFrame = { store: "mongo", suffix: ".archive.gz" };

/** A MongoDB server or set as a script reaches it. */
interface Server {
  readonly hosts: string;
  readonly replicaSet?: string;
  readonly user: string;
  /** Whether /run/backup/ca.pem is the servers' authority. */
  readonly tls: boolean;
}

function serverOf(context: Context): Server {
  const { plan } = planOf(context);
  const members = membersOf(context);
  const { host, port } = context.address;
  return {
    hosts: members?.join(",") ?? `${host}:${port}`,
    ...(members && { replicaSet: replicaSetName }),
    user: plan.admin.user,
    tls: plan.caFile !== undefined,
  };
}

/** Runs one of MongoDB's tools and shows what it said only when it fails: `--quiet` would hide the reason as well. */
const quietly = 'quietly() { "$@" 2> /tmp/said || { cat /tmp/said >&2; return 1; }; }';

/** What gives mongodump and mongorestore their server and login: /tmp/mongo.yaml. */
function connection({ hosts, replicaSet, user, tls }: Server): string[] {
  const query = [
    "authSource=admin",
    ...(replicaSet === undefined ? [] : [`replicaSet=${replicaSet}`, "readPreference=secondaryPreferred"]),
    ...(tls ? ["tls=true", "tlsCAFile=/run/backup/ca.pem"] : []),
  ].join("&");
  return [
    // The tool takes its password from a file of its own format.
    `{ printf 'uri: mongodb://%s:' ${quoted(encodeURIComponent(user))}; cat /run/secrets/backup/password; ` +
      `printf '%s\\n' ${quoted(`@${hosts}/?${query}`)}; } > /tmp/mongo.yaml`,
  ];
}

/** Saves databases as archives of mongodump. */
export const backup: Backup<Facts, Need, External, Cluster> = {
  suffix: folder.suffix,
  image: "mongo",
  databases: (needs) => needs.map(({ need }) => need.database),
  script: (context, { keepDays }) =>
    backupFrame(
      [
        `STORE=${quoted(folder.store)}`,
        ...connection(serverOf(context)),
        quietly,
        'save() { quietly mongodump --config=/tmp/mongo.yaml --db="$1" --archive="$2" --gzip; }',
      ],
      { databases: backup.databases(context.needs), keepDays, suffix: folder.suffix },
    ),
  restore: (context, { database, from, fetched }) => {
    const args = { ...serverOf(context), database, from };
    return fetched
      ? { before: presentScript(args), script: replaceScript(args) }
      : { script: restoreScript(args) };
  },
};

type RestoreArgs = Server & { readonly database: string; readonly from: string };

const head = ({ database, from, ...server }: RestoreArgs): string[] => [
  "set -euo pipefail",
  "umask 077",
  `database=${quoted(database)} from=${quoted(from)}`,
  ...connection(server),
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
export const restoreScript = (args: RestoreArgs): string =>
  [
    ...head(args),
    ...findBackup(folder),
    ...savePresent,
    ...replacePresent,
    'echo "$database is restored from $from; what it was is in ${present##*/}"',
    "",
  ].join("\n");

/** The first step of {@link restoreScript} where backups lie in a bucket: saves the present state. */
const presentScript = (args: RestoreArgs): string => [...head(args), ...savePresent, ""].join("\n");

/** The last step of {@link restoreScript} where backups lie in a bucket: an earlier one has fetched the file. */
const replaceScript = (args: RestoreArgs): string =>
  [
    ...head(args),
    ...findBackup(folder),
    ...replacePresent,
    'echo "$database is restored from $from; what it was is saved as said above"',
    "",
  ].join("\n");
