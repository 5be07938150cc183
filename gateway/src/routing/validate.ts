/** A routing table that cannot be used; the message names the field, its value and the fix. */
export class RouteTableError extends Error {
  override readonly name = "RouteTableError";
}

/** @throws {RouteTableError} always. */
export function fail(at: string, value: unknown, fix: string): never {
  throw new RouteTableError(`routes: ${at}: ${JSON.stringify(value) ?? "is missing"}: ${fix}`);
}

/** An object that is no list. */
export const record = (value: unknown, at: string): Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : fail(at, value, "must be an object");

/** An object with no other keys than `keys`: a misspelt limit must not go unnoticed. */
export function strict(value: unknown, at: string, keys: readonly string[]): Record<string, unknown> {
  const found = record(value, at);
  for (const key of Object.keys(found))
    if (!keys.includes(key))
      fail(`${at}.${key}`, found[key], `is not known here: remove it, or use one of ${keys.join(", ")}`);
  return found;
}

export const list = (value: unknown, at: string): readonly unknown[] =>
  Array.isArray(value) ? value : fail(at, value, "must be a list");

export const text = (value: unknown, at: string): string =>
  typeof value === "string" && value !== "" ? value : fail(at, value, "must be a text that is not empty");

export const flag = (value: unknown, at: string): boolean =>
  typeof value === "boolean" ? value : fail(at, value, "must be true or false");

/** An absolute path without escapes or dot segments. */
export const path = (value: unknown, at: string): string =>
  typeof value === "string" && /^\/[A-Za-z0-9._~/-]*$/.test(value) && !/\/\.\.?(\/|$)/.test(value)
    ? value
    : fail(at, value, "must be an absolute path of plain characters");

/** Where a route begins, without slashes at its end: below the gateway's own paths there is no room for one. */
export function prefix(value: unknown, at: string): string {
  const given = path(value, at);
  const single = given.replace(/^\/+/, "/");
  if (single === "/_gateway" || single.startsWith("/_gateway/"))
    fail(at, value, `belongs to the gateway itself: choose another, such as "/${single.slice(2)}"`);
  if (single !== given)
    fail(at, value, `begins with two slashes, as no path may that is served: write "${single}"`);
  let end = given.length;
  while (end > 1 && given[end - 1] === "/") end--;
  return given.slice(0, end);
}

export const whole = (value: unknown, at: string, least: number, most: number): number =>
  typeof value === "number" && Number.isInteger(value) && value >= least && value <= most
    ? value
    : fail(at, value, `must be a whole number from ${least} to ${most}`);

export const number = (value: unknown, at: string, least: number, most: number): number =>
  typeof value === "number" && value >= least && value <= most
    ? value
    : fail(at, value, `must be a number from ${least} to ${most}`);
