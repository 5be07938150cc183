import { createHash } from "node:crypto";

/** A key as a client sends it, and the accept a server must answer (RFC 6455 1.3). */
export const key = "dGhlIHNhbXBsZSBub25jZQ==";
export const acceptOf = (given: string): string =>
  createHash("sha1").update(`${given}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");

/** A handshake as RFC 6455 4.1 wants it; `fields` come last. */
export const handshake = (target: string, ...fields: string[]): string =>
  [
    `GET ${target} HTTP/1.1`,
    "Host: gw",
    "Connection: Upgrade",
    "Upgrade: websocket",
    `Sec-WebSocket-Key: ${key}`,
    "Sec-WebSocket-Version: 13",
    ...fields,
    "",
    "",
  ].join("\r\n");

/** The 101 that accepts it. */
export const accepted = (...fields: string[]): string =>
  [
    "HTTP/1.1 101 Switching Protocols",
    "Connection: Upgrade",
    "Upgrade: websocket",
    `Sec-WebSocket-Accept: ${acceptOf(key)}`,
    ...fields,
    "",
    "",
  ].join("\r\n");

/** One frame (RFC 6455 5.2), masked as a client's when `mask` is given. */
export function frame(
  opcode: number,
  payload: Buffer,
  { fin = true, mask }: { fin?: boolean; mask?: Buffer } = {},
): Buffer {
  const { length } = payload;
  const size = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const head = Buffer.alloc(2 + size);
  head[0] = (fin ? 0x80 : 0) | opcode;
  head[1] = (mask === undefined ? 0 : 0x80) | (size === 0 ? length : size === 2 ? 126 : 127);
  if (size === 2) head.writeUInt16BE(length, 2);
  if (size === 8) head.writeBigUInt64BE(BigInt(length), 2);
  if (mask === undefined) return Buffer.concat([head, payload]);
  const masked = Buffer.from(payload);
  for (let i = 0; i < length; i++) masked[i] = (masked[i] as number) ^ (mask[i % 4] as number);
  return Buffer.concat([head, mask, masked]);
}
