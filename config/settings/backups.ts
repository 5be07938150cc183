import { z } from "zod";
import { schedule } from "../../core/cron.ts";
import { quantity } from "../../core/fields.ts";
import type { Problem } from "../../core/problems.ts";
import { timeZone } from "../../core/time-zones.ts";
import { volumeField } from "../../stores/fields.ts";
import { kindsWithBackup, storeKinds } from "../../stores/index.ts";
import type { PlatformModel } from "../define/model.ts";
import { type Bucket, bucketSchema } from "./bucket.ts";

const when = schedule.default("17 2 * * *");
const days = z.number().int().min(1).max(3650);

/** `platform:backups`: when what a stack holds is saved, where, and how long that is kept. */
export const backupsSchema = z.union([
  z.literal(false),
  z.strictObject({
    schedule: when.describe("when everything is saved: minute, hour, day, month, day of the week"),
    timeZone: timeZone.default("Etc/UTC").describe("the time zone of the schedule"),
    keep: days
      .default(14)
      .describe("days, and days with a newer backup, after which one is deleted; the newest is always kept"),
    drill: z
      .union([days, z.literal(false)])
      .default(7)
      .describe(
        "days after which the newest backups are restored into a place of their own and counted; false for never",
      ),
    to: z
      .strictObject({
        // No default of its own, so that it is seen whether somebody asked for it.
        volume: z
          .strictObject({
            size: quantity.default("20Gi").describe("may grow later where the class allows it, never shrink"),
          })
          .optional()
          .describe("Kubernetes: the claims; a volume of an engine has no size"),
        bucket: bucketSchema.optional().describe("Kubernetes: where they go instead of a volume"),
      })
      .refine(({ volume, bucket }) => volume === undefined || bucket === undefined, {
        path: ["volume"],
        message: "is of no use beside a bucket: the backups go there",
      })
      .prefault({})
      .describe("where they go: a volume that outlives the stack, or a bucket"),
  }),
]);

/** `platform:kubernetes.backups`, as it was spelled before `platform:backups`. */
export const oldBackupsSchema = z.union([
  z.literal(false),
  z.strictObject({
    schedule: when.describe("now platform:backups.schedule"),
    timeZone: timeZone.default("Etc/UTC").describe("now platform:backups.timeZone"),
    keepDays: days.default(14).describe("now platform:backups.keep"),
    volume: volumeField("20Gi").describe("now platform:backups.to.volume"),
    bucket: bucketSchema.optional().describe("now platform:backups.to.bucket"),
  }),
]);

/** How a stack is saved, whichever way its settings say it. */
export interface BackupPlan {
  readonly schedule: string;
  readonly timeZone: string;
  /** Days after which a backup is deleted. */
  readonly keepDays: number;
  /** Days between two drills; undefined for none. */
  readonly drillDays: number | undefined;
  /** Of the claim on a cluster. */
  readonly volumeSize: string;
  readonly bucket: Bucket | undefined;
}

/** The part of a stack's settings that says how it is saved. */
export type BackupSettings = { readonly backups?: z.output<typeof backupsSchema> | undefined } & (
  | { readonly target: "docker" }
  | {
      readonly target: "kubernetes";
      readonly kubernetes: { readonly backups?: z.output<typeof oldBackupsSchema> | undefined };
    }
);

/** What a stack says in the spelling before `platform:backups`. */
const oldBackupsOf = (settings: BackupSettings): z.output<typeof oldBackupsSchema> | undefined =>
  settings.target === "kubernetes" ? settings.kubernetes.backups : undefined;

/** How a stack is saved; undefined when it is not. A cluster's is where nothing is said, an engine's is not. */
export function backupsOf(settings: BackupSettings): BackupPlan | undefined {
  const { target, backups } = settings;
  const old = backups === undefined ? oldBackupsOf(settings) : undefined;
  if (old !== undefined) {
    if (old === false) return undefined;
    const { schedule, timeZone, keepDays, volume, bucket } = old;
    return { schedule, timeZone, keepDays, drillDays: 7, volumeSize: volume.size, bucket };
  }
  const said = backups ?? (target === "kubernetes" ? backupsSchema.parse({}) : false);
  if (said === false) return undefined;
  const { schedule, timeZone, keep, drill, to } = said;
  return {
    schedule,
    timeZone,
    keepDays: keep,
    drillDays: drill === false ? undefined : drill,
    volumeSize: to.volume?.size ?? "20Gi",
    bucket: to.bucket,
  };
}

/** Says how `platform:kubernetes.backups` is spelled now; undefined where a stack has no such setting. */
export function oldBackupsSpelling(settings: BackupSettings): string | undefined {
  const backups = oldBackupsOf(settings);
  if (backups === undefined) return undefined;
  if (backups === false) return "platform:backups: false instead of platform:kubernetes.backups: false";
  return "platform:backups: { schedule, timeZone, keep, to: { volume or bucket } } instead of platform:kubernetes.backups (keepDays is keep now)";
}

/** Contradictions that no single setting has. */
export function backupProblems(settings: BackupSettings): Problem[] {
  const { target, backups } = settings;
  const problems: Problem[] = [];
  if (backups !== undefined && oldBackupsOf(settings) !== undefined)
    problems.push({
      path: "platform:kubernetes.backups",
      message: "is the old spelling of platform:backups, and this stack has both",
      fix: "pulumi config rm --path 'platform:kubernetes.backups'",
    });
  if (target === "docker" && backups)
    for (const part of ["bucket", "volume"] as const)
      if (backups.to[part] !== undefined)
        problems.push({
          path: `platform:backups.to.${part}`,
          message:
            part === "bucket"
              ? "is for the target kubernetes: on a container engine backups go to a volume of the engine"
              : "is for the target kubernetes: a volume of a container engine has no size",
          fix: `pulumi config rm --path 'platform:backups.to.${part}'${part === "bucket" ? ", and copy the volume elsewhere yourself: docs/backups.md" : ""}`,
        });
  return problems;
}

/** The bucket of a stack's backups; undefined when they lie on a volume, or there are none. */
export const bucketOf = (settings: BackupSettings): Bucket | undefined =>
  settings.target === "kubernetes" ? backupsOf(settings)?.bucket : undefined;

/** What the owner of a stack is told of its backups; nothing of it stops a deployment. */
export function backupNotes(
  settings: BackupSettings & { readonly environment: string },
  { stores }: Pick<PlatformModel, "stores">,
): { readonly name: string; readonly text: string }[] {
  const now = oldBackupsSpelling(settings);
  const plan = backupsOf(settings);
  const unsaved = storeKinds.filter((kind) => stores[kind] !== undefined && !kindsWithBackup.includes(kind));
  const texts = [
    now && `this spelling goes with the next version; the new one: ${now}`,
    plan === undefined &&
      settings.environment === "Production" &&
      "nothing is saved: set platform:backups, see docs/backups.md",
    plan &&
      unsaved.length > 0 &&
      `what is in ${unsaved.join(" and ")} is not saved: docs/backups.md says why`,
  ];
  return texts.flatMap((text) => (text ? [{ name: "backups", text }] : []));
}
