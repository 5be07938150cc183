import { isIP } from "node:net";
import { trimmed } from "./fields.ts";

/** Entries of `X-Forwarded-For` that are looked at: more proxies in a row are nobody's. */
const mostHops = 32;

/**
 * The client's address: the peer's own or, where the peer is a trusted proxy, what `X-Forwarded-For` says from right to
 * left, since every proxy appends whom it saw. The first entry that no trusted proxy has is the client. An entry that is
 * no address (`unknown`, RFC 7239 6) ends the walk: what stands left of it is the client's own word, so the client is
 * then the last hop that was seen.
 * @param peer the address of the connection.
 * @param trusted whether the peer is a trusted proxy.
 * @param trusts whether an address is one's.
 */
export function clientAddress(
  peer: string,
  trusted: boolean,
  forwardedFor: string | undefined,
  trusts: (address: string) => boolean,
): string {
  let client = plainAddress(peer) ?? peer;
  if (!trusted || forwardedFor === undefined) return client;
  let end = forwardedFor.length;
  for (let hops = 0; hops < mostHops && end >= 0; hops++) {
    const comma = end === 0 ? -1 : forwardedFor.lastIndexOf(",", end - 1);
    const text = trimmed(forwardedFor.slice(comma + 1, end));
    end = comma;
    // Empty elements of a list are to be ignored (RFC 9110 5.6.1.2).
    if (text === "") continue;
    const entry = entryAddress(text);
    if (entry === undefined) break;
    client = entry;
    if (!trusts(entry)) break;
  }
  return client;
}

const port = /^:(?:[0-5]?\d{1,4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])$/;

/**
 * The address of an entry: bare, in brackets, or with a port (RFC 7239 6), as Azure's Application Gateway writes it.
 * @returns undefined when it is none.
 */
function entryAddress(entry: string): string | undefined {
  if (entry[0] === "[") {
    const close = entry.indexOf("]");
    const rest = entry.slice(close + 1);
    const address = entry.slice(1, close);
    return close > 0 && address.includes(":") && (rest === "" || port.test(rest))
      ? plainAddress(address)
      : undefined;
  }
  const colon = entry.indexOf(":");
  // More than one colon is an IPv6 address, which cannot have a port without brackets.
  if (colon < 0 || entry.indexOf(":", colon + 1) >= 0) return plainAddress(entry);
  return port.test(entry.slice(colon)) ? plainAddress(entry.slice(0, colon)) : undefined;
}

/** IPv4 addresses within IPv6 (RFC 4291 2.5.5.2), in any of their spellings. */
const mapped = /^[0:]+:ffff:(?:(\d+\.\d+\.\d+\.\d+)|([0-9a-f]{1,4}):([0-9a-f]{1,4}))$/i;

/** An address in the form in which it is compared: no zone, IPv4 as IPv4; undefined when it is no address. */
function plainAddress(text: string): string | undefined {
  // The longest has 45 characters, and a zone of which nobody can say more.
  const family = text.length > 100 ? 0 : isIP(text);
  if (family !== 6) return family === 4 ? text : undefined;
  const zone = text.indexOf("%");
  const address = zone < 0 ? text : text.slice(0, zone);
  const [, dotted, high, low] = mapped.exec(address) ?? [];
  if (dotted !== undefined) return dotted;
  if (high === undefined || low === undefined) return address;
  const bits = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return bits.flatMap((pair) => [pair >> 8, pair & 255]).join(".");
}
