import { quoted } from "../core/shell.ts";
import type { SaveArgs } from "./backup-args.ts";
import { backupFrame } from "./backup-frame.ts";
import { drillWhenDue, verifyFrame, verifyParts } from "./verify-frame.ts";

/** How the databases of a store are dumped and tried, in commands for bash. */
export interface Dumps {
  readonly store: string;
  /** How the files end. */
  readonly suffix: string;
  readonly databases: readonly string[];
  /** Reach the server. */
  readonly connection: readonly string[];
  /** Define `save`; see `backup-frame.ts`. */
  readonly save: readonly string[];
  /** Define `restored_rows`; see `verify-frame.ts`. */
  readonly restoreApart: readonly string[];
}

const head = ({ store, connection }: Dumps): string[] => [`STORE=${quoted(store)}`, ...connection];

/** Saves every database, and tries the newest dumps when a drill is due. */
export function saveScript(dumps: Dumps, { keepDays, drillDays }: SaveArgs): string {
  const { databases, suffix, save, restoreApart } = dumps;
  return backupFrame([...head(dumps), ...save, ...restoreApart], {
    databases,
    keepDays,
    suffix,
    after: [...verifyParts([], { databases, suffix }), ...drillWhenDue(drillDays, keepDays !== undefined)],
  });
}

/** Tries the newest dump of every database. */
export const verifyScript = (dumps: Dumps): string =>
  verifyFrame([...head(dumps), ...dumps.restoreApart], {
    databases: dumps.databases,
    suffix: dumps.suffix,
  });
