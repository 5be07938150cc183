import type { Socket } from "node:net";

/**
 * Bytes that wait for a client to take them. Node counts a write as one until all of it is sent; how much of it the
 * kernel has taken is known to the handle alone, as Node's own `socket.setTimeout` reads it.
 */
export function unsentBytes(socket: Socket): number {
  const { _handle: handle } = socket as Socket & {
    readonly _handle?: { readonly writeQueueSize?: number } | null;
  };
  return socket.writableLength + (handle?.writeQueueSize ?? 0);
}
