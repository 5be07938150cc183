import type { Socket } from "node:net";

/** Bytes that are joined to text at most: a larger piece is written as it lies, after its text. */
export const mostJoined = 8_192;

const size = 4 * mostJoined;
let scratch = Buffer.allocUnsafeSlow(size);

/**
 * Writes text, as latin1, and bytes in one piece, so that a head and a small body leave in one segment. Copying both into
 * one buffer costs less than turning the bytes into text or a vectored write (`docs/gateway-performance.md`).
 * @returns what `socket.write` does: false when no more should be written for now.
 */
export function writeJoined(
  socket: Socket,
  text: string,
  bytes: Buffer,
  start: number,
  end: number,
): boolean {
  const before = text.length;
  const whole = before + end - start;
  const buffer = whole <= size ? scratch : Buffer.allocUnsafeSlow(whole);
  buffer.write(text, 0, before, "latin1");
  bytes.copy(buffer, before, start, end);
  const more = socket.write(buffer.subarray(0, whole));
  // Usually the kernel has taken it all by now. What it has not must stay as it is until then.
  if (buffer === scratch && socket.writableLength > 0) scratch = Buffer.allocUnsafeSlow(size);
  return more;
}
