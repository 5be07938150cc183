import { connect, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { listening } from "../../test/support/bare-server.ts";
import { eventually } from "../../test/support/client.ts";
import { unsentBytes } from "./unsent.ts";

test("handle.writeQueueSize: falls with each byte that is taken of a write, which socket.writableLength counts whole until then", async () => {
  const accepted: Socket[] = [];
  const port = await listening(createServer((socket) => accepted.push(socket)));
  const reader = connect(port, "127.0.0.1");
  onTestFinished(() => void reader.destroy());
  await eventually(() => accepted.length > 0, "the connection");
  const [writer] = accepted as [Socket];
  expect(unsentBytes(writer)).toBe(0);
  const size = 67_108_864;
  writer.write(Buffer.alloc(size));
  const before = unsentBytes(writer);
  expect(before).toBeGreaterThan(size);
  let read = 0;
  reader.on("data", (piece) => {
    read += piece.length;
    if (read > size / 2) reader.pause();
  });
  await eventually(() => read > size / 2, "half of it");
  expect(writer.writableLength).toBe(size);
  expect(unsentBytes(writer)).toBeLessThan(before - size / 4);
  reader.removeAllListeners("data").resume();
  await eventually(() => unsentBytes(writer) === 0, "all of it");
});
