import { randomHex } from "./random.ts";

const variants = "89ab";
const wellFormed = /^[A-Za-z0-9._~:/+=-]{1,200}$/;

/** A new request id: a random UUID (RFC 9562 5.4), as the original proxy made them. */
export function newRequestId(): string {
  const hex = randomHex(32);
  const variant = variants[hex.charCodeAt(16) & 3];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/** Whether a client's id may be kept: 1 to 200 characters that need no quoting in a log, a header or a shell. */
export const isRequestId = (id: string): boolean => wellFormed.test(id);
