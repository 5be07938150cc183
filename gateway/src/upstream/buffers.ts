/** Bytes of one read at most. */
const size = 65_536;
/** Buffers kept for later. */
const most = 128;

const free: Buffer[] = [];

/** What the first byte of a buffer is before a read; no answer begins with it, so a read that went elsewhere shows. */
export const unread = 0;

/** Read buffers, used again by later connections. */
export const buffers = {
  take(): Buffer {
    return free.pop() ?? Buffer.allocUnsafeSlow(size);
  },
  /** Only for a buffer that nobody writes from any more. What lies in it is somebody's answer, and goes no further. */
  give(buffer: Buffer): void {
    if (free.length < most) free.push(buffer.fill(unread));
  },
  /** For readers that copy what they keep before they return. */
  shared: Buffer.allocUnsafeSlow(size),
};
