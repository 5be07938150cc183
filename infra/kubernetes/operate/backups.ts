import type { PlatformModel } from "../../../config/define/model.ts";
import { bucketOf } from "../../../config/settings/bucket.ts";
import type { Settings } from "../../../config/settings/schema.ts";
import { backupOf } from "../../../core/names.ts";
import { InputError } from "../../../core/problems.ts";
import { type StoreKind, savedKinds } from "../../../stores/index.ts";
import { listScript } from "../../../stores/restore-frame.ts";
import { backupOfStore, claimContainer } from "../deploy/backups.ts";
import { dumpContainer, uploadContainer } from "../deploy/bucket-pod.ts";
import { bucketListScript, fetchScript } from "../deploy/bucket-scripts.ts";
import type { ClusterPlace } from "./client.ts";
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

/** A stack whose stores are saved and restored. */
export interface BackupStack {
  readonly platform: PlatformModel;
  readonly settings: Settings;
  /** Where it runs; no place when that is no cluster. */
  readonly target: { place(): ClusterPlace | undefined };
}

const refusal = (path: string, message: string, fix: string): InputError =>
  new InputError("nothing was done", [{ path, message, fix }]);

/** @throws {InputError} when the stack is on no cluster. */
function placeOf({ target }: BackupStack): ClusterPlace {
  const place = target.place();
  if (place !== undefined) return place;
  throw refusal(
    "platform:target",
    "backups belong to the Kubernetes target",
    "on an engine, save the volumes, or use pg_dump through the published port",
  );
}

/** The stores of a stack that are saved; those asked for, where some are. */
export function storesOf({ platform, settings }: BackupStack, wanted: string | undefined): StoreKind[] {
  const there = savedKinds.filter((kind) => platform.stores[kind] !== undefined);
  if (settings.kubernetes.backups === false)
    throw refusal("platform:kubernetes.backups", "is false", "set it and bring the stack up");
  if (wanted === undefined) return there;
  const found = there.filter((kind) => kind === wanted);
  if (found.length === 0)
    throw refusal("--store", `"${wanted}" is not saved`, `use one of ${there.join(", ")}`);
  return found;
}

function storeNamed(stack: BackupStack, store: string): StoreKind {
  const [kind] = storesOf(stack, store);
  if (kind === undefined) throw refusal("--store", `"${store}" is not saved`, "./beat backup --list");
  return kind;
}

/** Saves stores now. @returns what each job said. */
export async function backUp(stack: BackupStack, store: string | undefined): Promise<string[]> {
  const place = placeOf(stack);
  const said: string[] = [];
  for (const kind of storesOf(stack, store))
    said.push(
      await runJob(place.cluster, {
        namespace: place.namespace,
        from: backupOf(kind),
        purpose: "now",
        timeoutSeconds: longest,
      }),
    );
  return said.flatMap((text) => text.trimEnd().split("\n"));
}

/** The backups in the claim or the bucket, oldest first. */
export async function listBackups(stack: BackupStack): Promise<Backup[]> {
  const place = placeOf(stack);
  const [any] = storesOf(stack, undefined);
  if (any === undefined) return [];
  const text = await runJob(place.cluster, {
    namespace: place.namespace,
    from: backupOf(any),
    purpose: "list",
    steps: [
      bucketOf(stack.settings)
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
export function restoreSteps(stack: BackupStack, { store, database, from }: RestoreArgs): JobStep[] {
  const { platform, settings } = stack;
  const kind = storeNamed(stack, store);
  if (from !== "latest" && !/^[0-9A-Za-z][0-9A-Za-z._-]*$/.test(from))
    throw refusal("--from", `"${from}" is not the name of a backup`, "./beat backup --list shows them");
  const { tools, use } = backupOfStore({ platform, settings, namespace: placeOf(stack).namespace }, kind);
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
export async function restore(stack: BackupStack, args: RestoreArgs): Promise<string[]> {
  const steps = restoreSteps(stack, args);
  const place = placeOf(stack);
  const kind = storeNamed(stack, args.store);
  const text = await runJob(place.cluster, {
    namespace: place.namespace,
    from: backupOf(kind),
    purpose: "restore",
    steps,
    timeoutSeconds: longest,
  });
  return text.trimEnd().split("\n");
}
