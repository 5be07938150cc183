import { BlockList, isIP, isIPv6 } from "node:net";

/** Why a text is no address that a server can listen at; undefined when it is one. Engines take addresses alone, no names. */
export function validateAddress(text: string): string | undefined {
  if (isIP(text) !== 0 && !text.includes("%")) return undefined;
  if (/^localhost$/i.test(text))
    return 'must be an address: engines read "localhost" as every one; write 127.0.0.1';
  if (/^\[.*\]$/.test(text)) return "must be an address without brackets, such as ::1";
  return "must be an IP address such as 127.0.0.1, ::1 or 0.0.0.0, without name, port, zone or range";
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8);
loopback.addAddress("::1", "ipv6");

/** Whether only programs of the same machine reach an address. */
export const isLoopback = (address: string): boolean =>
  loopback.check(address, isIPv6(address) ? "ipv6" : "ipv4");

/** An address or a name as a URL carries it. Source: RFC 3986, section 3.2.2. */
export const urlHost = (address: string): string => (isIPv6(address) ? `[${address}]` : address);

/** The host by which a person on the machine reaches what listens at an address. */
export const clientHost = (address: string): string =>
  ["0.0.0.0", "127.0.0.1"].includes(address) ? "localhost" : address === "::" ? "[::1]" : urlHost(address);
