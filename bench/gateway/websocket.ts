import { createHash, randomBytes } from "node:crypto";
import { createServer, request } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/**
 * A small WebSocket peer (RFC 6455) for load: frames on raw sockets, so that client and upstream cost little beside
 * the proxy that is measured. No extensions, no fragmentation.
 */
const accept = (key: string): string =>
  createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");

interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** Takes whole frames off the front of a stream; `feed` returns those that are complete. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  feed(chunk: Buffer): Frame[] {
    let data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: Frame[] = [];
    for (;;) {
      const frame = take(data);
      if (frame === undefined) break;
      frames.push(frame);
      data = data.subarray(frame.end);
    }
    this.#rest = data;
    return frames;
  }
}

function take(data: Buffer): (Frame & { readonly end: number }) | undefined {
  if (data.length < 2) return undefined;
  const masked = ((data[1] as number) & 0x80) !== 0;
  const short = (data[1] as number) & 0x7f;
  const wide = short === 126 ? 2 : short === 127 ? 8 : 0;
  const start = 2 + wide + (masked ? 4 : 0);
  if (data.length < start) return undefined;
  const length = wide === 0 ? short : wide === 2 ? data.readUInt16BE(2) : Number(data.readBigUInt64BE(2));
  if (data.length < start + length) return undefined;
  const payload = Buffer.from(data.subarray(start, start + length));
  if (masked)
    for (let i = 0; i < length; i++)
      payload[i] = (payload[i] as number) ^ (data[start - 4 + (i & 3)] as number);
  return { opcode: (data[0] as number) & 0x0f, payload, end: start + length };
}

/** One final frame; masked as a client must. */
export function frame(opcode: number, payload: Buffer, masked: boolean): Buffer {
  const wide = payload.length < 126 ? 0 : payload.length < 65536 ? 2 : 8;
  const head = Buffer.alloc(2 + wide);
  head[0] = 0x80 | opcode;
  head[1] = (masked ? 0x80 : 0) | (wide === 0 ? payload.length : wide === 2 ? 126 : 127);
  if (wide === 2) head.writeUInt16BE(payload.length, 2);
  if (wide === 8) head.writeBigUInt64BE(BigInt(payload.length), 2);
  if (!masked) return Buffer.concat([head, payload]);
  const mask = randomBytes(4);
  const body = Buffer.from(payload.map((byte, i) => byte ^ (mask[i & 3] as number)));
  return Buffer.concat([head, mask, body]);
}

/** An upstream that echoes every message; resolves to its port. */
export function echoServer(port = 0): Promise<number> {
  const server = createServer((_request, response) => response.writeHead(426).end());
  server.on("upgrade", (incoming, socket: Socket) => {
    socket.setNoDelay(true);
    socket.on("error", () => {});
    // Node's HTTP server keeps half-open sockets; a WebSocket server closes when its peer has.
    socket.on("end", () => socket.end());
    const key = incoming.headers["sec-websocket-key"] ?? "";
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept(key)}\r\n\r\n`,
    );
    const reader = new FrameReader();
    socket.on("data", (chunk) => {
      for (const { opcode, payload } of reader.feed(chunk)) {
        if (opcode === 8) return void socket.end(frame(8, payload, false));
        socket.write(frame(opcode === 9 ? 10 : opcode, payload, false));
      }
    });
  });
  return new Promise((resolve) =>
    server.listen(port, "127.0.0.1", 16_384, () => resolve((server.address() as AddressInfo).port)),
  );
}

/** Opens a tunnel. @throws unless the answer is 101 with the accept value that belongs to the key. */
export function openTunnel(port: number, path: string, localAddress = "127.0.0.1"): Promise<Socket> {
  const key = randomBytes(16).toString("base64");
  return new Promise((resolve, reject) => {
    request({
      host: "127.0.0.1",
      port,
      path,
      localAddress,
      agent: false,
      headers: {
        Connection: "Upgrade",
        Upgrade: "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": key,
      },
    })
      .on("upgrade", (response, socket, head) => {
        if (response.headers["sec-websocket-accept"] !== accept(key) || head.length > 0)
          return reject(new Error("the handshake was answered wrongly"));
        socket.setNoDelay(true);
        resolve(socket);
      })
      .on("response", (response) => reject(new Error(`the handshake was answered ${response.statusCode}`)))
      .on("error", reject)
      .end();
  });
}

/** Sends one text message and waits for its echo. @throws on anything else, a close, or after `limitMs`. */
export function expectEcho(socket: Socket, text: string, limitMs = 5_000): Promise<void> {
  return new Promise((resolve, reject) => {
    const reader = new FrameReader();
    const settle = (error?: Error) => {
      clearTimeout(timer);
      socket.off("data", data).off("close", closed);
      if (error === undefined) resolve();
      else reject(error);
    };
    const timer = setTimeout(() => settle(new Error("no echo in time")), limitMs);
    const closed = () => settle(new Error("the tunnel closed"));
    const data = (chunk: Buffer) => {
      const [first] = reader.feed(chunk);
      if (first !== undefined)
        settle(first.payload.toString() === text ? undefined : new Error("the echo differs"));
    };
    socket
      .on("data", data)
      .on("close", closed)
      .on("error", () => {});
    socket.write(frame(1, Buffer.from(text), true));
  });
}
