import type { Socket } from "node:net";

/**
 * Whether the kernel has taken all that was written, corked bytes too: a buffer that was written from is free then. Node
 * counts a write until libuv is done with its bytes.
 */
export const isWritten = (socket: Socket): boolean => socket.writableLength === 0;
