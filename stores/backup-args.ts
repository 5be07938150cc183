/** How backups are kept and tried. */
export interface SaveArgs {
  /** Days after which a backup is deleted; undefined where another step carries them away. */
  readonly keepDays: number | undefined;
  /** Days between two drills; undefined for none. */
  readonly drillDays?: number | undefined;
}

/** What is restored; never a secret. */
export interface RestoreArgs {
  readonly database: string;
  /** File in the backups' folder of the database, or `latest`. */
  readonly from: string;
  /** Whether the file comes from a bucket, by a step between `before` and `script`. */
  readonly fetched: boolean;
}

/** The steps of a restore. */
export interface RestoreScripts {
  /** Saves the present state, where the backup is fetched only then. */
  readonly before?: string;
  readonly script: string;
}
