import { withoutLogin } from "./logins.ts";

/** Source of the grammar: github.com/distribution/reference. */
const component = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const path = `${component}(?:/${component})*`;
const domain =
  "(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\\[[0-9a-fA-F:]+\\])";
const name = new RegExp(`^(?:(${domain})(?::([0-9]{1,5}))?/)?${path}$`);
const prefix = new RegExp(`^(${domain})(?::([0-9]{1,5}))?(?:/${path})?$`);
const reference = /^(.+?)(?::([^:/@]*))?(?:@(.*))?$/;

/** A tag. */
export const tagPattern = /^\w[\w.-]{0,127}$/;
/** A digest. */
export const digestPattern = /^sha256:[0-9a-f]{64}$/;

const isPort = (text: string | undefined): boolean =>
  text === undefined || (Number(text) >= 1 && Number(text) <= 65535);

/** Why a text cannot be the name of an image without tag and digest; undefined when it can. */
export function validateRepository(text: string): string | undefined {
  const fault = `"${withoutLogin(text)}" is no name of an image`;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return `${fault}: leave the scheme out`;
  if (text.length > 255) return "is longer than 255 characters";
  const found = name.exec(text);
  if (found === null)
    return /[A-Z]/.test(text)
      ? `${fault}: it has lower-case letters alone`
      : `${fault}: it is [registry[:port]/]path, of lower-case letters, digits, '.', '_', '-' and '/'`;
  if (!isPort(found[2])) return `${fault}: ${found[2]} is no port`;
  if (/^[0-9a-f]{64}$/.test(text)) return "looks like the id of an image, which is no name";
  return undefined;
}

/** Why a text is no reference to an image; undefined when it is one. */
export function validateReference(text: string): string | undefined {
  if (/\s/.test(text) || text === "") return "must be a reference to an image, without blanks";
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return validateRepository(text);
  const [, of = "", tag, digest] = reference.exec(text) ?? [];
  const fault = validateRepository(of);
  if (fault !== undefined) return fault;
  // What stands before an @ is a login where what follows is no digest.
  if (digest !== undefined && !digest.startsWith("sha256:"))
    return `"${withoutLogin(digest)}" is no digest: it is sha256: and 64 hex digits`;
  if (tag !== undefined && !tagPattern.test(tag)) return `"${tag}" is no tag of an image`;
  if (digest !== undefined && !digestPattern.test(digest))
    return `"${withoutLogin(digest)}" is no digest: it is sha256: and 64 hex digits`;
  return undefined;
}

/** Why a text cannot stand in front of names of images; undefined when it can. */
export function validateRegistry(text: string): string | undefined {
  const found = prefix.exec(text);
  if (found !== null && isPort(found[2])) return undefined;
  return "must be the host of a registry, with a port and a path where it has them: no scheme, login, blank or / at the end";
}
