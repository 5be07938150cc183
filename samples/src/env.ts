/** An environment that a role cannot run with; the message names the variable. */
export class EnvironmentError extends Error {
  override readonly name = "EnvironmentError";
}

/** A variable that must be there and must not be empty. */
export function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new EnvironmentError(`${name} is not set`);
  if (value === "") throw new EnvironmentError(`${name} is empty`);
  return value;
}

/** A variable that must be a whole number. */
export function requiredNumber(name: string): number {
  const value = required(name);
  if (!/^\d+$/.test(value)) throw new EnvironmentError(`${name} is not a number`);
  return Number(value);
}

/** The address of a back end from its `_HOST` and `_PORT`. */
export const address = (prefix: string): string =>
  `${required(`${prefix}_HOST`)}:${requiredNumber(`${prefix}_PORT`)}`;

/** The port each role listens on, from the variable the real service reads. */
export const listenPort = {
  auth: () => requiredNumber("BEAT_IDENTITY_SERVER"),
  core: () => {
    const port = /^http:\/\/[^:]*:(\d+)/.exec(required("ASPNETCORE_URLS"))?.[1];
    if (port === undefined) throw new EnvironmentError("ASPNETCORE_URLS is not like http://+:3000");
    return Number(port);
  },
  messaging: () => requiredNumber("BEAT_MESSASSING_SERVER"),
  basic: () => requiredNumber("PORT"),
} as const;

/** A role of the sample service. */
export type Role = keyof typeof listenPort;
