import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { unsentBytes } from "./unsent.ts";

test("handle.writeQueueSize: what the kernel takes of one write shows before the write is done", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const reader = connect((server.address() as AddressInfo).port, "127.0.0.1").pause();
  const [writer] = (await once(server, "connection")) as [Socket];
  try {
    // More than the kernel takes from a writer whom nobody reads.
    writer.write(Buffer.alloc(32_000_000));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const before = { all: unsentBytes(writer), counted: writer.writableLength };
    expect(before.counted).toBeGreaterThan(0);
    let read = 0;
    reader.on("data", (chunk) => {
      read += chunk.length;
      if (read > 16_000_000) reader.pause();
    });
    reader.resume();
    for (let i = 0; i < 200 && read <= 16_000_000; i++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(unsentBytes(writer)).toBeLessThan(before.all);
    expect(writer.writableLength).toBe(before.counted);
  } finally {
    reader.destroy();
    writer.destroy();
    server.close();
  }
});
