import { connect, type Socket, type TcpNetConnectOpts } from "node:net";

/** Takes what an upstream's socket reads. */
export interface SocketReader {
  /** The buffer for the first read. */
  firstBuffer(): Buffer;
  /** Another buffer for the reads to come, once the present one is somebody else's. */
  nextBuffer(): Buffer | undefined;
  /** @returns false to read no more until `socket.resume()`. */
  onRead(length: number, buffer: Buffer): boolean;
}

/**
 * Connects to one address, and reads into the reader's own buffers. There is exactly one handle per socket: the address
 * is literal and Node's search for a faster one (`autoSelectFamily`) is off. A second handle would never be given the
 * buffer, and Node would report its reads all the same, with a buffer full of something else.
 */
export function connectTo(host: string, port: number, reader: SocketReader): Socket {
  let first = true;
  return connect({
    host,
    port,
    autoSelectFamily: false,
    noDelay: true,
    // Probes find a peer that vanished without a word while a tunnel is quiet.
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
    onread: {
      // Node asks before the first read and after each; anything but a buffer means the same one again.
      buffer: () => {
        if (!first) return reader.nextBuffer() as Buffer;
        first = false;
        return reader.firstBuffer();
      },
      callback: (length: number, buffer: Uint8Array) => reader.onRead(length, buffer as Buffer),
    },
  } as TcpNetConnectOpts);
}
