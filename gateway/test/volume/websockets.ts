import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { Gateway } from "../support/gateway.ts";

export interface Volume {
  readonly connections: number;
  readonly messages: number;
  readonly deflate: boolean;
}

/** What happened; everything that was sent must have come back as it was. */
export interface Tally {
  echoed: number;
  bytes: number;
  pongs: number;
  closes: Map<number, number>;
  wrong: string[];
}

const sizes = [0, 1, 125, 126, 1_000, 65_535, 65_536, 100_000];
const digest = (data: Buffer) => createHash("sha1").update(data).digest("hex");

/**
 * Opens many WebSockets through the gateway to an echo server and checks every message: mixed sizes, text and binary,
 * fragments, pings, and a close code of its own for every connection. Every tenth connection sends 1 MiB as well.
 */
export async function webSocketVolume({ connections, messages, deflate }: Volume): Promise<Tally> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: deflate });
  await once(server, "listening");
  server.on("connection", (peer) => {
    peer.on("message", (data, binary) => peer.send(data as Buffer, { binary }));
  });
  const { port } = server.address() as AddressInfo;
  const gateway = await Gateway.start({
    slots: 0,
    routes: [
      { name: "echo", host: "127.0.0.1", port, prefix: "/socket", strip_prefix: false, websocket: true },
    ],
  });
  const tally: Tally = { echoed: 0, bytes: 0, pongs: 0, closes: new Map(), wrong: [] };
  try {
    await Promise.all(
      Array.from({ length: connections }, (_, i) => talk(gateway.port, i, messages, deflate, tally)),
    );
    if (gateway.crashes > 0) tally.wrong.push(`the gateway died: ${gateway.stderr.slice(-500)}`);
  } finally {
    await gateway.stop();
    for (const peer of server.clients) peer.terminate();
    server.close();
  }
  return tally;
}

async function talk(
  port: number,
  number: number,
  messages: number,
  deflate: boolean,
  tally: Tally,
): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/socket/websocket?n=${number}`, {
    perMessageDeflate: deflate,
  });
  await once(socket, "open");
  if (deflate !== socket.extensions.includes("permessage-deflate"))
    tally.wrong.push(`connection ${number}: extensions "${socket.extensions}"`);
  const expected: { hash: string; binary: boolean }[] = [];
  const over = new Promise<void>((resolve) => {
    let got = 0;
    socket.on("message", (data: Buffer, binary) => {
      const want = expected[got++];
      tally.bytes += data.length;
      if (want === undefined || want.binary !== binary || want.hash !== digest(data))
        tally.wrong.push(`connection ${number}: message ${got} came back different`);
      else tally.echoed++;
      if (got === messages) resolve();
    });
    socket.on("close", () => resolve());
  });
  socket.on("pong", () => tally.pongs++);
  for (let i = 0; i < messages; i++) {
    const size =
      number % 10 === 0 && i === messages >> 1 ? 1 << 20 : (sizes[(number + i) % sizes.length] as number);
    const binary = i % 2 === 0;
    const data = binary ? randomBytes(size) : Buffer.from("é".repeat(size >> 1));
    expected.push({ hash: digest(data), binary });
    if (i % 5 === 0 && data.length > 10) {
      const cut = data.length >> 1;
      // Not through a letter: ws checks UTF-8 of whole messages only.
      socket.send(data.subarray(0, cut), { binary, fin: false });
      socket.send(data.subarray(cut), { binary, fin: true });
    } else socket.send(data, { binary });
    if (i % 10 === 0) socket.ping(Buffer.from(String(i)));
    if (socket.bufferedAmount > 1 << 20) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await over;
  const code = 4_000 + (number % 900);
  const closed = once(socket, "close") as Promise<[number]>;
  socket.close(code, "done");
  const [got] = await closed;
  tally.closes.set(got, (tally.closes.get(got) ?? 0) + 1);
  if (got !== code) tally.wrong.push(`connection ${number}: closed with ${got} instead of ${code}`);
}
