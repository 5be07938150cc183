/** Bytes of one read at most. */
const size = 65_536;
/** Buffers kept for later. */
const most = 128;

const free: Buffer[] = [];

/** Read buffers, used again by later connections. */
export const buffers = {
  take(): Buffer {
    return free.pop() ?? Buffer.allocUnsafeSlow(size);
  },
  /** Only for a buffer that nobody writes from any more. */
  give(buffer: Buffer): void {
    if (free.length < most) free.push(buffer);
  },
  /** For readers that copy what they keep before they return. */
  shared: Buffer.allocUnsafeSlow(size),
};
