import { isIPv4, isIPv6 } from "node:net";
import type { Invalid } from "./validation.ts";

const rule = "must be an origin such as https://app.example.org: lower case, without a path; or *";
/** A name may have `_`, which browsers take. Source: WHATWG URL, "forbidden domain code point". */
const label = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** Why a text is no origin as browsers send it, nor `*`; undefined when it is one. Source: RFC 6454, section 6.2. */
export function validateOrigin(text: string): Invalid | undefined {
  if (text === "*") return undefined;
  const found = /^([a-z][a-z0-9+.-]*):\/\/(\[[^\]]*\]|[^/:?#@[\]]+)(?::([0-9]*))?$/.exec(text);
  if (found === null) {
    const near = /^([A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#@\s]+)([/?#].*)?$/.exec(text);
    const write = near?.[1]?.toLowerCase();
    return write !== undefined && write !== text && validateOrigin(write) === undefined
      ? { message: rule, write }
      : rule;
  }
  const [, scheme = "", host = "", port] = found;
  if (host !== host.toLowerCase()) return { message: rule, write: text.toLowerCase() };
  if (host.startsWith("[") ? !isIPv6(host.slice(1, -1)) || host.includes("%") : !isHost(host)) return rule;
  if (port === undefined) return undefined;
  if (!/^[1-9][0-9]{0,4}$/.test(port) || Number(port) > 65_535)
    return `${rule}; ${port === "" ? "nothing" : port} is no port, a number from 1 to 65535`;
  if ((scheme === "https" && port === "443") || (scheme === "http" && port === "80"))
    return {
      message: "must not name its scheme's default port: browsers leave it out",
      write: `${scheme}://${host}`,
    };
  return undefined;
}

const isHost = (text: string): boolean =>
  isIPv4(text) ||
  // A name whose last label is a number is read as an address. Source: WHATWG URL, "host parsing".
  (text.length <= 253 && text.split(".").every((each) => label.test(each)) && !/(^|\.)\d+$/.test(text));
