import { bucketOf } from "../../config/bucket.ts";
import { savedStores } from "../../config/edges.ts";
import { backupOf, type StoreKind } from "../../core/names.ts";
import { InputError } from "../../core/problems.ts";
import { mongoPlan, postgresPlan } from "../../infra/derived/plans.ts";
import { claimContainer, mongoServer, postgresServer } from "../../infra/kubernetes/backups.ts";
import { dumpContainer, uploadContainer } from "../../infra/kubernetes/bucket-pod.ts";
import { bucketListScript, fetchScript } from "../../infra/kubernetes/bucket-scripts.ts";
import {
  listScript,
  mongoPresentScript,
  mongoReplaceScript,
  mongoRestoreScript,
  postgresRestoreScript,
} from "../../infra/kubernetes/restore-scripts.ts";
import type { Session } from "../session.ts";
import { KubernetesTarget } from "../targets/kubernetes.ts";
import { type JobStep, runJob } from "./jobs.ts";

/** How long a backup or a restore may take, seconds: as long as the job itself. */
const longest = 6 * 3600;

/** One backup in the claim or the bucket. */
export interface Backup {
  readonly store: string;
  readonly database: string;
  /** Named by the time in UTC. */
  readonly file: string;
  readonly bytes: number;
}

const refusal = (path: string, message: string, fix: string): InputError =>
  new InputError("nothing was done", [{ path, message, fix }]);

/** @throws {InputError} when the stack has no cluster, or no backups. */
function clusterOf({ target }: Session): KubernetesTarget {
  if (target instanceof KubernetesTarget) return target;
  throw refusal(
    "platform:target",
    "backups belong to the Kubernetes target",
    "on an engine, save the volumes, or use pg_dump through the published port",
  );
}

/** The stores of a stack that are saved; those asked for, where some are. */
export function storesOf({ platform, settings }: Session, wanted: string | undefined): StoreKind[] {
  const there = savedStores.filter((kind) => platform.stores[kind]);
  if (settings.kubernetes.backups === false)
    throw refusal("platform:kubernetes.backups", "is false", "set it and bring the stack up");
  if (wanted === undefined) return there;
  const found = there.filter((kind) => kind === wanted);
  if (found.length === 0)
    throw refusal("--store", `"${wanted}" is not saved`, `use one of ${there.join(", ")}`);
  return found;
}

/** Saves stores now. @returns what each job said. */
export async function backUp(session: Session, store: string | undefined): Promise<string[]> {
  const target = clusterOf(session);
  const said: string[] = [];
  for (const kind of storesOf(session, store))
    said.push(
      await runJob(target.cluster, {
        namespace: target.namespace,
        from: backupOf(kind),
        purpose: "now",
        timeoutSeconds: longest,
      }),
    );
  return said.flatMap((text) => text.trimEnd().split("\n"));
}

/** The backups in the claim or the bucket, oldest first. */
export async function listBackups(session: Session): Promise<Backup[]> {
  const target = clusterOf(session);
  const [any] = storesOf(session, undefined);
  if (any === undefined) return [];
  const text = await runJob(target.cluster, {
    namespace: target.namespace,
    from: backupOf(any),
    purpose: "list",
    steps: [
      bucketOf(session.settings)
        ? { container: uploadContainer, script: bucketListScript }
        : { container: claimContainer, script: listScript },
    ],
    timeoutSeconds: 300,
  });
  return parseList(text);
}

/** Reads the lines of {@link listScript}. */
export function parseList(text: string): Backup[] {
  return text.split("\n").flatMap((line) => {
    const [store, database, file, bytes] = line.trim().split(" ");
    if (store === undefined || database === undefined || file === undefined) return [];
    return [{ store, database, file, bytes: Number(bytes) }];
  });
}

/** What is restored. */
export interface RestoreArgs {
  readonly store: string;
  readonly database: string;
  readonly from: string;
}

/** What the job does, once the arguments are known to be good. @throws {InputError} when they are not. */
export function restoreSteps(session: Session, { store, database, from }: RestoreArgs): JobStep[] {
  const { platform, settings } = session;
  const [kind] = storesOf(session, store);
  if (from !== "latest" && !/^[0-9A-Za-z][0-9A-Za-z._-]*$/.test(from))
    throw refusal("--from", `"${from}" is not the name of a backup`, "./beat backup --list shows them");
  const place = { platform, settings, namespace: clusterOf(session).namespace };
  const fetchStep = bucketOf(settings) && {
    container: uploadContainer,
    script: fetchScript(store, database, from),
  };
  const insistOn = (known: readonly string[]): void => {
    if (!known.includes(database))
      throw refusal("--database", `${store} has no "${database}"`, `use one of ${known.join(", ")}`);
  };
  if (kind === "mongo") {
    insistOn(mongoPlan(platform, settings).plan.users.map((user) => user.database));
    const args = { ...mongoServer(place), database, from };
    return fetchStep === undefined
      ? [{ container: claimContainer, script: mongoRestoreScript(args) }]
      : [
          { container: dumpContainer, script: mongoPresentScript(args) },
          fetchStep,
          { container: dumpContainer, script: mongoReplaceScript(args) },
        ];
  }
  const { plan } = postgresPlan(platform, settings);
  insistOn(plan.databases.map(({ name }) => name));
  const script = postgresRestoreScript({
    ...postgresServer(place),
    adminDatabase: plan.admin.database,
    owner: plan.databases.find(({ name }) => name === database)?.owner ?? "",
    database,
    from,
  });
  return fetchStep === undefined
    ? [{ container: claimContainer, script }]
    : [fetchStep, { container: dumpContainer, script }];
}

/** Restores one database. @returns what the job said. */
export async function restore(session: Session, args: RestoreArgs): Promise<string[]> {
  const steps = restoreSteps(session, args);
  const target = clusterOf(session);
  const [kind] = storesOf(session, args.store);
  const text = await runJob(target.cluster, {
    namespace: target.namespace,
    from: backupOf(kind as StoreKind),
    purpose: "restore",
    steps,
    timeoutSeconds: longest,
  });
  return text.trimEnd().split("\n");
}
