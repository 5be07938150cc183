import { bucketOf } from "../../config/bucket.ts";
import { backupOf } from "../../core/names.ts";
import { InputError } from "../../core/problems.ts";
import { backupOfStore, claimContainer } from "../../infra/kubernetes/backups.ts";
import { dumpContainer, uploadContainer } from "../../infra/kubernetes/bucket-pod.ts";
import { bucketListScript, fetchScript } from "../../infra/kubernetes/bucket-scripts.ts";
import { type StoreKind, savedKinds } from "../../stores/index.ts";
import { listScript } from "../../stores/restore-frame.ts";
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
  const there = savedKinds.filter((kind) => platform.stores[kind] !== undefined);
  if (settings.kubernetes.backups === false)
    throw refusal("platform:kubernetes.backups", "is false", "set it and bring the stack up");
  if (wanted === undefined) return there;
  const found = there.filter((kind) => kind === wanted);
  if (found.length === 0)
    throw refusal("--store", `"${wanted}" is not saved`, `use one of ${there.join(", ")}`);
  return found;
}

function storeNamed(session: Session, store: string): StoreKind {
  const [kind] = storesOf(session, store);
  if (kind === undefined) throw refusal("--store", `"${store}" is not saved`, "./beat backup --list");
  return kind;
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
  const kind = storeNamed(session, store);
  if (from !== "latest" && !/^[0-9A-Za-z][0-9A-Za-z._-]*$/.test(from))
    throw refusal("--from", `"${from}" is not the name of a backup`, "./beat backup --list shows them");
  const { tools, use } = backupOfStore({ platform, settings, namespace: clusterOf(session).namespace }, kind);
  const known = tools.databases(use.needs);
  if (!known.includes(database))
    throw refusal("--database", `${store} has no "${database}"`, `use one of ${known.join(", ")}`);
  const fetched = bucketOf(settings) !== undefined;
  const { before, script } = tools.restore(use, { database, from, fetched });
  if (!fetched) return [{ container: claimContainer, script }];
  return [
    ...(before === undefined ? [] : [{ container: dumpContainer, script: before }]),
    { container: uploadContainer, script: fetchScript(store, database, from) },
    { container: dumpContainer, script },
  ];
}

/** Restores one database. @returns what the job said. */
export async function restore(session: Session, args: RestoreArgs): Promise<string[]> {
  const steps = restoreSteps(session, args);
  const target = clusterOf(session);
  const kind = storeNamed(session, args.store);
  const text = await runJob(target.cluster, {
    namespace: target.namespace,
    from: backupOf(kind),
    purpose: "restore",
    steps,
    timeoutSeconds: longest,
  });
  return text.trimEnd().split("\n");
}
