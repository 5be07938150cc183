import type { SaveArgs } from "./backup-args.ts";
import { backupFrame } from "./backup-frame.ts";
import { drillWhenDue, verifyFrame, verifyParts } from "./verify-frame.ts";

/** How the databases of a store are dumped and tried, in commands for bash. */
export interface Dumps {
  readonly store: string;
  /** How the files end. */
  readonly suffix: string;
  readonly databases: readonly string[];
  /** What each of these was called before. */
  readonly former?: Readonly<Record<string, readonly string[]>>;
  /** Reach the server. */
  readonly connection: readonly string[];
  /** Define `save`; see `backup-frame.ts`. */
  readonly save: readonly string[];
  /** Define `restored_rows`; see `verify-frame.ts`. */
  readonly restoreApart: readonly string[];
}

/** Saves every database, and tries the newest dumps when a drill is due. */
export function saveScript(dumps: Dumps, { keepDays, drillDays }: SaveArgs): string {
  const { store, connection, databases, former, suffix, save, restoreApart } = dumps;
  return backupFrame([...connection, ...save, ...restoreApart], {
    store,
    source: store,
    databases,
    keepDays,
    suffix,
    after: [...verifyParts([], { databases, former, suffix }), ...drillWhenDue(drillDays, databases)],
  });
}

/** Tries the newest dump of every database. */
export const verifyScript = ({ store, connection, databases, former, suffix, restoreApart }: Dumps): string =>
  verifyFrame([...connection, ...restoreApart], { store, source: store, databases, former, suffix });
