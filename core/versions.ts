/** Until when the releases of an image are cared for. */
export interface Lifecycle {
  /** Who says so. */
  readonly source: string;
  /**
   * The last day of each line, e.g. `{ "17": "2029-11-08" }`; `ended` where it has passed and nobody names a day. A line that is
   * not there is cared for, or not known.
   */
  readonly lines: Readonly<Record<string, string>>;
}

/** The numbers that a tag begins with: `17-3.5` is [17], `8.0-alpine` is [8, 0]; empty for a tag that names no version. */
export function versionOf(tag: string | undefined): number[] {
  const found = /^v?(\d+(?:\.\d+)*)(?![A-Za-z\d])/.exec(tag ?? "")?.[1];
  return found === undefined ? [] : found.split(".").map(Number);
}

/** The line that a tag belongs to, and its end; undefined when nobody knows one. */
export function endOfLife(
  { lines }: Lifecycle,
  tag: string | undefined,
): { readonly line: string; readonly end: string } | undefined {
  const version = versionOf(tag);
  for (let parts = version.length; parts > 0; parts--) {
    const line = version.slice(0, parts).join(".");
    const end = lines[line];
    if (end !== undefined) return { line, end };
  }
  return undefined;
}

/**
 * How a store's data gets to another version: by a dump alone; upward, one major version after the other; upward, any number at
 * once; or so, and what one minor release wrote is not read by those before it either. None of them goes back.
 */
export type Upgrade = "dump" | "stepwise" | "upward" | "upward by release";

/** Why a server of one version cannot be put on the data of another; undefined when it can, or when nobody knows. */
export function validateUpgrade(
  upgrade: Upgrade,
  from: readonly number[],
  to: readonly number[],
): string | undefined {
  const [before, after] = [from[0], to[0]];
  if (before === undefined || after === undefined) return undefined;
  if (before === after) {
    const [minor, wanted] = [from[1], to[1]];
    const isOlder = minor !== undefined && wanted !== undefined && wanted < minor;
    return upgrade === "upward by release" && isOlder
      ? notRead(`${before}.${minor}`, `${after}.${wanted}`)
      : undefined;
  }
  if (upgrade === "dump")
    return `a server of version ${after} does not read what one of version ${before} wrote`;
  if (after < before) return notRead(before, after);
  if (upgrade === "stepwise" && after > before + 1)
    return `data of version ${before} must go through version ${before + 1} first`;
  return undefined;
}

const notRead = (from: string | number, to: string | number) =>
  `what version ${from} wrote is not read by version ${to}, which is older`;
