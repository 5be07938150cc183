import { isIPv4 } from "node:net";
import type { Invalid } from "./validation.ts";

const label = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/**
 * Why a text is no host, a name or an IPv4 address; undefined when it is one.
 * Source: RFC 1123, section 2.1; a name whose last label is a number is read as an address (WHATWG URL, "host parsing").
 */
export function validateHost(text: string): string | undefined {
  if (isIPv4(text)) return undefined;
  if (/:\/\//.test(text)) return "must be a host alone, without a scheme";
  if (/:\d*$/.test(text) && !/:.*:/.test(text)) return "must be a host alone, without a port";
  if (/\//.test(text)) return "must be a host alone, without a path";
  if (/[^\p{ASCII}]/u.test(text)) return "must be written in ASCII: a name in other letters begins with xn--";
  const labels = text.split(".");
  if (
    text.length > 253 ||
    !labels.every((each) => label.test(each)) ||
    /^\d+$|^0x/i.test(labels.at(-1) ?? "")
  )
    return "must be a host name or an IPv4 address, without scheme, port and path";
  return undefined;
}

/** Why a text cannot be the host in people's address bars; undefined when it can. Browsers send it in lower case. */
export const validatePublicHost = (text: string): Invalid | undefined => {
  const message = validateHost(text);
  if (message === undefined)
    return /[A-Z]/.test(text) ? { message: "must be in lower case", write: text.toLowerCase() } : undefined;
  // What is left of an address that was copied from a browser.
  const write = /^[a-z]+:\/\/([^/:@?#]+)(:\d+)?([/?#].*)?$/i.exec(text)?.[1]?.toLowerCase();
  return write !== undefined && validateHost(write) === undefined ? { message, write } : message;
};
