import { quoted } from "../../core/shell.ts";
import { waitForLock } from "../backup-frame.ts";
import { type Dumps, saveScript, verifyScript } from "../dump-scripts.ts";
import { findBackup, type RestoreFrame } from "../restore-frame.ts";
import type { Backup } from "../store.ts";
import type { Cluster, External, Facts, Need } from "./facts.ts";
import { dropLeft, holdServer, inShell, mostOfName } from "./hold-server.ts";
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

/**
 * What gives mongodump and mongorestore their server and login: /tmp/mongo.yaml.
 * @param member of a set that is read: what is to be put in place of must be known to its last write.
 */
function connection(
  { hosts, replicaSet, user, tls }: Server,
  member: "primary" | "secondaryPreferred",
): string[] {
  const query = [
    "authSource=admin",
    ...(replicaSet === undefined ? [] : [`replicaSet=${replicaSet}`, `readPreference=${member}`]),
    ...(tls ? ["tls=true", "tlsCAFile=/run/backup/ca.pem"] : []),
  ].join("&");
  return [
    // The tool takes its password from a file of its own format.
    `{ printf 'uri: mongodb://%s:' ${quoted(encodeURIComponent(user))}; cat /run/secrets/backup/password; ` +
      `printf '%s\\n' ${quoted(`@${hosts}/?${query}`)}; } > /tmp/mongo.yaml`,
  ];
}

/**
 * The documents are those that mongodump says it has dumped: what is written meanwhile is in both or in neither. A view has none
 * there, and of a time series its buckets are told, which are not counted. Source: mongo-tools, mongodump, "DumpIntent".
 */
const save: readonly string[] = [
  "save() {",
  // Half of what a restore replaces would be the latest backup.
  "  await_restore || return 1",
  '  quietly mongodump --config=/tmp/mongo.yaml --db="$1" --archive="$2" --gzip || return 1',
  "  sed -nE 's/^.*done dumping [^.]+\\.(.*) \\(([0-9]+) documents?\\)$/rows \\2 \\1/p' /tmp/said | grep -v '^rows [0-9]* system\\.' > \"$3\" || true",
  "}",
];

/**
 * Defines `restored_rows`: restores into a database of its own, counts, and drops it. Each run has another, which the next one drops
 * where this one is killed.
 */
const restoreApart = (databases: readonly string[]): readonly string[] => [
  ...dropLeft(databases),
  `drop_apart() { printf 'at.getSiblingDB("%s").dropDatabase();\\n' "$apart" | in_shell > /dev/null; }`,
  // However it ends.
  'clear_away() { if [ "$holding" = yes ]; then if [ -n "${apart:-}" ]; then drop_apart; fi; release_server; fi; }',
  "restored_rows() {",
  "  local result=0",
  '  hold_server "a drill" || return 1',
  '  rows_apart "$@" || result=1',
  "  release_server",
  '  return "$result"',
  "}",
  "rows_apart() {",
  "  local result=0",
  "  drop_left || return 1",
  '  apart="beat_drill_$(date -u +%Y%m%dt%H%M%Sz)_$spool"',
  '  if quietly mongorestore --config=/tmp/mongo.yaml --archive="$2" --gzip --stopOnError --nsInclude="$1.*" --nsFrom="$1.*" --nsTo="$apart.*"; then',
  `    { printf 'const apart = at.getSiblingDB("%s");\\n' "$apart"; cat <<'JS'`,
  "for (const { name, type } of apart.getCollectionInfos())",
  '  if (type !== "timeseries" && !name.startsWith("system."))',
  '    print("rows " + (type === "view" ? 0 : apart.getCollection(name).countDocuments({})) + " " + name);',
  "JS",
  '    } | in_shell > "$3" || result=1',
  "  else",
  "    result=1",
  "  fi",
  "  drop_apart || result=1",
  '  return "$result"',
  "}",
];

const databasesOf = (needs: Context["needs"]): string[] => needs.map(({ need }) => need.database);

const dumpsOf = (context: Context): Dumps => ({
  ...folder,
  databases: databasesOf(context.needs),
  connection: [...connection(serverOf(context), "secondaryPreferred"), quietly, ...inShell, ...holdServer],
  save,
  restoreApart: restoreApart(databasesOf(context.needs)),
});

/** Saves databases as archives of mongodump. */
export const backup: Backup<Facts, Need, External, Cluster> = {
  suffix: folder.suffix,
  image: "mongo",
  databases: databasesOf,
  script: (context, args) => saveScript(dumpsOf(context), args),
  verify: (context) => verifyScript(dumpsOf(context)),
  restore: (context, { database, from, fetched }) => {
    const args = { ...serverOf(context), database, from, databases: databasesOf(context.needs) };
    return fetched
      ? { before: presentScript(args), script: replaceScript(args) }
      : { script: restoreScript(args) };
  },
};

type RestoreArgs = Server & {
  readonly database: string;
  readonly from: string;
  /** All that are saved. */
  readonly databases: readonly string[];
};

const head = ({ database, from, databases, ...server }: RestoreArgs): string[] => [
  "set -euo pipefail",
  "umask 077",
  `database=${quoted(database)} from=${quoted(from)}`,
  ...connection(server, "primary"),
  quietly,
  ...inShell,
  ...holdServer,
  ...dropLeft([...databases, database]),
];

const savePresent = [
  `STORE=${quoted(folder.store)}`,
  ...waitForLock,
  'folder="/backups/$STORE/$database"',
  'mkdir -p "$folder"',
  // A name that `latest` passes over: after a restore that failed, the next must not bring back what it should mend.
  'present="$folder/$(date -u +%Y%m%dT%H%M%SZ).before-restore.archive.gz"',
  'quietly mongodump --config=/tmp/mongo.yaml --db="$database" --archive="$parts/before" --gzip',
  'mv "$parts/before" "$present"',
  'echo "saved the present state as ${present##*/}"',
];

/** Of the other spools: `findBackup` has kept away those of this one. */
const hold = [
  'clear_away() { if [ "$holding" = yes ]; then if [ -n "${trial:-}" ]; then drop_trial; fi; release_server; fi; }',
  'hold_server "a restore of $database" || exit "$?"',
  "drop_left",
];

const replacePresent = [
  `trial="\${database:0:${mostOfName}}_restore_$(date -u +%Y%m%dt%H%M%Sz)_$spool"`,
  'restore() { quietly mongorestore --config=/tmp/mongo.yaml --archive="$file" --gzip --stopOnError --nsInclude="$database.*" "$@"; }',
  'drop_trial() { echo "at.getSiblingDB(\\"$trial\\").dropDatabase();" | in_shell > /dev/null; }',
  'if ! restore --nsFrom="$database.*" --nsTo="$trial.*"; then',
  "  drop_trial",
  '  echo "the backup could not be restored; $database is as it was" >&2',
  "  exit 4",
  "fi",
  'kept="$(echo "print(JSON.stringify(at.getSiblingDB(\\"$trial\\").getCollectionInfos().map(({ name }) => name)));" | in_shell)"',
  "drop_trial",
  "replaces",
  "restore --drop",
  // mongorestore drops what it brings back, and leaves what was made since.
  `in_shell <<JS`,
  'const restored = at.getSiblingDB("$database"), kept = $kept;',
  "for (const { name } of restored.getCollectionInfos())",
  '  if (!kept.includes(name) && !name.startsWith("system.")) {',
  "    restored.getCollection(name).drop();",
  '    print("dropped " + name + ", which the backup does not hold");',
  "  }",
  "JS",
];

/**
 * Restores a database of MongoDB, which has no rename: the present state is saved first, the backup is tried in a
 * database of its own, and only then takes the place of what is there; collections made since the backup are dropped at the end.
 */
export const restoreScript = (args: RestoreArgs): string =>
  [
    ...head(args),
    ...findBackup(folder),
    ...hold,
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
    ...hold,
    ...replacePresent,
    'echo "$database is restored from $from; what it was is saved as said above"',
    "",
  ].join("\n");
