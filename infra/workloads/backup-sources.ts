import type { PlatformModel, ServiceModel } from "../../config/define/model.ts";
import { type ImageName, imageNamed } from "../../config/images.ts";
import { backupsOf } from "../../config/settings/backups.ts";
import type { Settings } from "../../config/settings/schema.ts";
import { useOfStore } from "../../config/store-use.ts";
import { administratorSecret, backupOf, backupsName } from "../../core/names.ts";
import { kindsWithBackup, type StoreKind, storeOf } from "../../stores/index.ts";
import type { MemberHost, RestoreArgs, RestoreScripts, SaveArgs } from "../../stores/store.ts";
import {
  restoreUploads,
  uploadsImage,
  uploadsName,
  uploadsScript,
  uploadsSource,
  uploadsSuffix,
  verifyUploads,
} from "../../stores/uploads.ts";

/** The claim of a job that saves stores, and what those of services' volumes begin with. */
const backupsClaim = "backups";

const claimOfService = (service: string): string => `${backupsClaim}-${service}`;

/**
 * The claim that a source's backups lie in. An empty one is never made beside it, whatever the service is called now.
 * @param known claims that are there.
 */
export const claimOf = ({ claim, claims }: BackupSource, known: ReadonlySet<string>): string =>
  claims.find((name) => known.has(name)) ?? claim;

/** Whether a claim holds backups, of these settings or of others. */
export const holdsBackups = (claim: string): boolean =>
  claim === backupsClaim || claim.startsWith(`${backupsClaim}-`);

/** One thing that is saved: the databases of a store, or the volumes of a service. */
export interface BackupSource {
  /** The store, or `uploads`: its folder among the backups, and what `--store` is told. */
  readonly store: string;
  /** What its status is told by: services share the store `uploads`, and each has a status of its own. */
  readonly source: string;
  /** What saves it: its container on an engine or in a pod, its script and its login. */
  readonly component: string;
  /**
   * What it runs in on a cluster: one job has all stores, so that one node writes their claim. Where they go into a bucket each
   * has its own, with a spool of its own; a service's is where that one is.
   */
  readonly job: string;
  /** The claim of that job, where nothing is known of those there are: see {@link claimOf}. */
  readonly claim: string;
  /** What it may be called: a service that got another name goes on with the claim that has its backups. */
  readonly claims: readonly string[];
  readonly image: ImageName;
  /** How its files end. */
  readonly suffix: string;
  /** What is saved by itself: databases or volumes. */
  readonly parts: readonly string[];
  /** What each of these was called before: its older backups are there. */
  readonly former: Readonly<Record<string, readonly string[]>>;
  /** What is saved into the same folder of the backups, by whatever component: anything else there is of nobody any more. */
  readonly siblings: readonly string[];
  /** The secret that is the password of the store's administrator. */
  readonly password: string | undefined;
  /** Authority of the server's certificate. */
  readonly ca: string | undefined;
  /** The store that it speaks to. */
  readonly kind: StoreKind | undefined;
  /** The service whose volumes these are. */
  readonly service: string | undefined;
  script(args: SaveArgs): string;
  verify(): string;
  restore(args: RestoreArgs): RestoreScripts;
}

/** Everything of a stack that is saved; nothing where its settings turn that off. @param memberHost as on a cluster. */
export function backupSources(
  platform: PlatformModel,
  settings: Settings,
  memberHost: MemberHost | undefined,
): BackupSource[] {
  if (backupsOf(settings) === undefined) return [];
  const volumes = Object.values(platform.services).flatMap(({ needs }) => needs.volumes);
  return [
    ...kindsWithBackup
      .filter((kind) => platform.stores[kind] !== undefined)
      .map((kind) => storeOfStack(platform, settings, kind, memberHost)),
    ...Object.values(platform.services).flatMap(({ name, renamedFrom, needs }) =>
      needs.volumes.length === 0
        ? []
        : [
            uploadsOf(
              { name, renamedFrom },
              needs.volumes.map((volume) => volume.name),
              volumes.map((volume) => volume.name),
            ),
          ],
    ),
  ];
}

function storeOfStack(
  platform: PlatformModel,
  settings: Settings,
  kind: StoreKind,
  memberHost: MemberHost | undefined,
): BackupSource {
  const { backup, login } = storeOf(kind);
  if (backup === undefined) throw new Error(`${kind} is not saved`);
  const use = useOfStore(platform, settings, kind, memberHost);
  return {
    store: kind,
    source: kind,
    component: backupOf(kind),
    job: backupsOf(settings)?.bucket === undefined ? backupsName : backupOf(kind),
    claim: backupsClaim,
    claims: [backupsClaim],
    image: imageNamed(backup.image),
    suffix: backup.suffix,
    parts: backup.databases(use.needs),
    former: backup.former?.(use.needs) ?? {},
    siblings: backup.databases(use.needs),
    // A store whose clients know no password is saved without one.
    password: login ? administratorSecret(kind) : undefined,
    ca: use.external?.ca,
    kind,
    service: undefined,
    script: (args) => backup.script(use, args),
    verify: () => backup.verify(use),
    restore: (args) => backup.restore(use, args),
  };
}

const uploadsOf = (
  { name: service, renamedFrom }: Pick<ServiceModel, "name" | "renamedFrom">,
  volumes: readonly string[],
  all: readonly string[],
): BackupSource => ({
  store: uploadsName,
  source: uploadsSource(service),
  component: backupOf(service),
  job: backupOf(service),
  claim: claimOfService(renamedFrom[0] ?? service),
  claims: [service, ...renamedFrom].map(claimOfService),
  image: uploadsImage,
  suffix: uploadsSuffix,
  parts: volumes,
  former: {},
  siblings: all,
  password: undefined,
  ca: undefined,
  kind: undefined,
  service,
  script: (args) => uploadsScript(volumes, args, all, uploadsSource(service)),
  verify: () => verifyUploads(volumes, uploadsSource(service)),
  restore: restoreUploads,
});
