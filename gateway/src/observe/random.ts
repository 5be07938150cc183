import { randomFillSync } from "node:crypto";

/** One call to the random source serves some hundred requests: the call costs more than the bytes. */
const pool = Buffer.allocUnsafe(8192);
let digits = "";
let next = 0;

/** `count` random digits, lower-case hexadecimal; at most 16384. */
export function randomHex(count: number): string {
  if (next + count > digits.length) {
    digits = randomFillSync(pool).toString("hex");
    next = 0;
  }
  const from = next;
  next += count;
  return digits.slice(from, next);
}
