import { connect, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { listening } from "../../test/support/bare-server.ts";
import { eventually } from "../../test/support/client.ts";
import { isWritten } from "./written.ts";

/** Two ends of a connection; the second reads nothing yet. */
async function pair(): Promise<[Socket, Socket]> {
  const accepted: Socket[] = [];
  const port = await listening(createServer((socket) => accepted.push(socket)));
  const reader = connect(port, "127.0.0.1");
  onTestFinished(() => void reader.destroy());
  await eventually(() => accepted.length > 0, "the connection");
  return [accepted[0] as Socket, reader];
}

test.each(["alone", "corked, between texts"])(
  "socket.writableLength: 0 after a write %s means that the buffer may be overwritten; not 0, that it may not",
  async (how) => {
    const [writer, reader] = await pair();
    const size = 65_536;
    let free = 0;
    let kept = 0;
    let expected = 0;
    for (let n = 1; n <= 200; n++) {
      const buffer = Buffer.alloc(size, n);
      if (how === "alone") writer.write(buffer);
      else {
        writer.cork();
        writer.write("<", "latin1");
        writer.write(buffer);
        writer.write(">", "latin1");
        writer.uncork();
      }
      expected += how === "alone" ? size : size + 2;
      if (isWritten(writer)) {
        free++;
        buffer.fill(255);
      } else kept++;
    }
    // Both happen: the kernel takes the first ones, and the reader reads none.
    expect(free).toBeGreaterThan(0);
    expect(kept).toBeGreaterThan(0);
    writer.end();
    const pieces: Buffer[] = [];
    reader.on("data", (piece) => pieces.push(piece));
    await eventually(() => reader.readableEnded, "the end");
    const all = Buffer.concat(pieces);
    expect(all.length).toBe(expected);
    expect(all.includes(255)).toBe(false);
    expect(isWritten(writer)).toBe(true);
  },
);
