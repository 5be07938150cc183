import { isIP } from "node:net";
import { fail } from "./validate.ts";

/**
 * Where a route goes: a host name (RFC 1123 2.1; `_` too, which engines and clusters have in their names), an IPv4 or an
 * IPv6 address. What looks like an address and is none is no name either: resolvers read `1.2.3` as 1.2.0.3.
 * @param portAt the field that a port belongs into, for the mend.
 * @returns the host as `net.connect` takes it: an IPv6 address without its brackets.
 */
export function host(value: unknown, at: string, portAt: string): string {
  if (typeof value === "string" && isHost(value)) return value.replace(/^\[(.*)\]$/, "$1");
  return fail(at, value, `must be a host name or an address: ${mend(value, portAt)}`);
}

const label = /^[A-Za-z0-9_-]{1,63}$/;
const number = /^(?:\d+|0x[0-9a-f]*)$/i;

function isHost(text: string): boolean {
  if (text.startsWith("[")) return text.endsWith("]") && isIP(text.slice(1, -1)) === 6;
  if (isIP(text) !== 0) return true;
  // One dot at the end makes a name absolute: the resolver then asks for nothing else (RFC 1034 3.1).
  const name = text.endsWith(".") ? text.slice(0, -1) : text;
  if (name.length > 253) return false;
  const labels = name.split(".");
  return labels.every((each) => label.test(each)) && !labels.every((each) => number.test(each));
}

/** The host within what was written, if there is one: a URL, an address with its port, a name with white space. */
function mend(value: unknown, portAt: string): string {
  const example = 'write a name such as "core", or an address such as "10.0.0.7"';
  if (typeof value !== "string") return example;
  const [authority = ""] = value
    .trim()
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, "")
    .split(/[/?#\\]/, 1);
  const withPort = authority.slice(authority.lastIndexOf("@") + 1);
  const colon = /^(?:\[[^\]]*\]|[^:]*):\d*$/.test(withPort) ? withPort.lastIndexOf(":") : -1;
  const name = (colon < 0 ? withPort : withPort.slice(0, colon)).split(".").filter(Boolean).join(".");
  if (!isHost(name)) return example;
  return `write ${JSON.stringify(name)}${colon < 0 ? "" : `, and the port in ${portAt}`}`;
}
