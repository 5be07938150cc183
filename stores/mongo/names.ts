import type { Invalid } from "../../core/validation.ts";

/** Where a drill or a restore says that it is on the server. */
export const lockDatabase = "beat_lock";
/** Databases of the server's own, and those that drills and restores of backups make. */
export const reservedDatabases = ["admin", "local", "config", "beat_drill", lockDatabase] as const;

/** Whether a database is that of some run of a drill or a restore. */
export const isOfDrill = (database: string): boolean =>
  /^beat_drill_|_restore_\d{8}t\d{6}z_[0-9a-f]{8}$/.test(database);

/** Source: MongoDB, "Naming Restrictions" and "MongoDB Limits and Thresholds". */
const most = { namespaceBytes: 255, databaseBytes: 63 };

/** Why a text is no name of a collection; undefined when it is one. */
export function validateCollection(name: string): Invalid | undefined {
  if (name === "" || /[\0$]/.test(name)) return 'must not be empty, nor hold "$" or NUL';
  if (name.startsWith(".") || name.endsWith(".")) return 'must not begin or end with "."';
  if (/^system\.|\.system\./.test(name))
    return 'must not begin with "system.", as collections of the server\'s own do';
  const bytes = most.namespaceBytes - most.databaseBytes - 1;
  return Buffer.byteLength(name) > bytes ? `must have at most ${bytes} bytes` : undefined;
}

/** Why a text is no field that an index can have; undefined when it is one. */
export function validateIndexedField(path: string): Invalid | undefined {
  if (path === "" || path.includes("\0")) return "must be the path of a field";
  if (path.split(".").includes("")) return 'must have a name on both sides of each "."';
  if (path.split(".").some((name) => name.startsWith("$")))
    return 'must not have a name that begins with "$"';
  return undefined;
}
