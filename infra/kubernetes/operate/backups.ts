import type { PlatformModel } from "../../../config/define/model.ts";
import { bucketOf } from "../../../config/settings/backups.ts";
import type { Settings } from "../../../config/settings/schema.ts";
import { InputError } from "../../../core/problems.ts";
import { quoted } from "../../../core/shell.ts";
import { longestBackupSeconds } from "../../../stores/backup-status.ts";
import { listScript } from "../../../stores/restore-frame.ts";
import { aloneVariable } from "../../../stores/restore-status.ts";
import {
  type Backup,
  type BackupOperations,
  eachOf,
  parseList,
  type RestoreRequest,
  restoreArgs,
  sourceOfRequest,
  sourcesNamed,
} from "../../operate/backups.ts";
import { type BackupSource, backupSources } from "../../workloads/backup-sources.ts";
import { earlierContainer, earlierFile, uploadContainer, uploadFile } from "../deploy/bucket-pod.ts";
import { bucketListScript, fetchScript, keepDrillScript } from "../deploy/bucket-scripts.ts";
import { memberHostIn } from "../deploy/names.ts";
import type { ClusterPlace } from "./client.ts";
import { type JobStep, runJob } from "./jobs.ts";
import { otherJob, requireNoOther } from "./other-jobs.ts";

/** A stack on a cluster whose stores are saved and restored. */
export interface BackupStack {
  readonly platform: PlatformModel;
  readonly settings: Settings;
  /** Where it runs; no place when that is no cluster. */
  readonly target: { place(): ClusterPlace | undefined };
}

/** The backups of a stack on a cluster: everything is done by jobs made from the CronJobs. */
export class ClusterBackups implements BackupOperations {
  readonly #stack: BackupStack;
  readonly #place: ClusterPlace;
  readonly #all: readonly BackupSource[];

  /** @throws {InputError} when the stack is on no cluster. */
  constructor(stack: BackupStack) {
    const place = stack.target.place();
    if (place === undefined)
      throw new InputError("nothing was done", [
        {
          path: "platform:target",
          message: "is no cluster",
          fix: "name a stack on Kubernetes: --stack <name>",
        },
      ]);
    this.#stack = stack;
    this.#place = place;
    this.#all = backupSources(stack.platform, stack.settings, memberHostIn(place.namespace));
  }

  save(store: string | undefined): Promise<string[]> {
    const wanted = sourcesNamed(this.#all, store);
    if (store === undefined)
      return eachOf([...new Set(wanted.map(({ job }) => job))], (job) => this.#run(job, "now"));
    return eachOf(wanted, ({ job, component }) =>
      this.#run(job, "now", [
        ...(this.#fetched
          ? [{ container: earlierContainer, script: `exec sh /run/backup/${earlierFile}` }]
          : []),
        { container: component, script: "exec bash /run/backup/backup.sh" },
        ...(this.#fetched
          ? [{ container: uploadContainer, script: `exec sh /run/backup/${uploadFile}` }]
          : []),
      ]),
    );
  }

  async list(): Promise<Backup[]> {
    const jobs = new Map(sourcesNamed(this.#all, undefined).map((saved) => [saved.job, saved]));
    // Of a bucket each of them sees everything.
    const asked = this.#fetched ? [...jobs.values()].slice(0, 1) : [...jobs.values()];
    const lines = await eachOf(asked, ({ job, component }) =>
      this.#run(
        job,
        "list",
        [
          this.#fetched
            ? { container: uploadContainer, script: bucketListScript }
            : { container: component, script: listScript },
        ],
        300,
      ),
    );
    return parseList(lines.join("\n"), this.#all);
  }

  verify(store: string | undefined): Promise<string[]> {
    return eachOf(sourcesNamed(this.#all, store), async (saved) => {
      const now = Math.floor(Date.now() / 1000);
      const steps = this.verifySteps(saved);
      const alone = this.#fetched && (await otherJob(this.#place, saved.job)) === undefined;
      return this.#run(saved.job, "verify", alone ? steps.map(aloneSince(now)) : steps);
    });
  }

  /** What the job of a drill does. Whatever cannot be fetched, the others are tried, and what it came to is kept. */
  verifySteps({ store, source, component, parts, former, verify }: BackupSource): JobStep[] {
    if (!this.#fetched) return [{ container: component, script: verify() }];
    return [
      ...parts.map((part) => ({
        container: uploadContainer,
        script: `sh -c ${quoted(fetchScript(store, part, "latest", former[part]))} || echo ${quoted(`${store}/${part} could not be fetched`)} >&2`,
      })),
      // Whatever it comes to, the last step keeps it, and fails then.
      { container: component, script: `bash -c ${quoted(verify())} || true` },
      { container: uploadContainer, script: keepDrillScript(source) },
    ];
  }

  examine(wish: RestoreRequest): void {
    sourceOfRequest(this.#all, wish);
  }

  /** What the job of a restore does, once the arguments are known to be good. @throws {InputError} when they are not. */
  steps(wish: RestoreRequest): JobStep[] {
    const saved = sourceOfRequest(this.#all, wish);
    const { before, script } = saved.restore(restoreArgs(wish, this.#fetched));
    if (!this.#fetched) return [{ container: saved.component, script }];
    return [
      ...(before === undefined ? [] : [{ container: saved.component, script: before }]),
      {
        container: uploadContainer,
        script: fetchScript(saved.store, wish.database, wish.from, saved.former[wish.database]),
      },
      { container: saved.component, script },
    ];
  }

  restore(wish: RestoreRequest): Promise<string[]> {
    const restores = `${wish.store}/${wish.database}`;
    return eachOf([sourceOfRequest(this.#all, wish)], async ({ job }) => {
      const { cluster, namespace } = this.#place;
      const now = Math.floor(Date.now() / 1000);
      await requireNoOther(cluster, { namespace, from: job, restores, whole: this.#fetched });
      const steps = this.steps(wish);
      return this.#run(
        job,
        "restore",
        this.#fetched ? steps.map(aloneSince(now)) : steps,
        undefined,
        restores,
      );
    });
  }

  get #fetched(): boolean {
    return bucketOf(this.#stack.settings) !== undefined;
  }

  #run(
    from: string,
    purpose: string,
    steps?: readonly JobStep[],
    timeoutSeconds = longestBackupSeconds,
    restores?: string,
  ): Promise<string> {
    const { cluster, namespace } = this.#place;
    return runJob(cluster, {
      namespace,
      from,
      purpose,
      ...(steps && { steps }),
      timeoutSeconds,
      // The log is what `./beat status` reads, until the next night's tells of it.
      ...(purpose !== "list" && { keptSeconds: 36 * 3600 }),
      ...(restores !== undefined && { restores }),
    });
  }
}

/** A step that is told when no job was there that shares no lock with it. */
const aloneSince =
  (seconds: number) =>
  ({ container, script }: JobStep): JobStep => ({
    container,
    script: `export ${aloneVariable}=${seconds}\n${script}`,
  });

/** Saves stores now. @returns what each job said. */
export const backUp = (stack: BackupStack, store: string | undefined): Promise<string[]> =>
  new ClusterBackups(stack).save(store);

/** The backups in the claims or the bucket, oldest first. */
export const listBackups = (stack: BackupStack): Promise<Backup[]> => new ClusterBackups(stack).list();

/** Restores one database. @returns what the job said. */
export const restore = (stack: BackupStack, wish: RestoreRequest): Promise<string[]> =>
  new ClusterBackups(stack).restore(wish);
