import { expect, test } from "vitest";
import { eventually, pause } from "../support/client.ts";
import { readResponses } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { get } from "../support/verdict.ts";

const gateway = suiteGateway({ slots: 2 });
const piece = 40_000;
const chunk = Buffer.concat([
  Buffer.from(`${piece.toString(16)}\r\n`),
  Buffer.alloc(piece, "A"),
  Buffer.from("\r\n"),
]);
// Around what the kernel takes from a writer whom nobody reads, so that one breaks off in the read that it stops in.
const counts = Array.from({ length: 14 }, (_, i) => 96 + i);

test("must: an answer that breaks off while its client reads late keeps its own bytes to the cut (cross-talk; RFC 9112 8)", async () => {
  const slow = gateway.slot();
  const other = gateway.slot();
  slow.upstream.answer = ({ socket }, { startLine }) => {
    socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    const last = Number(/\d+/.exec(startLine)?.[0]);
    let sent = 0;
    // One chunk at a time, so that a read ends where a chunk does.
    const timer = setInterval(() => {
      socket.write(++sent < last ? chunk : Buffer.concat([chunk, Buffer.from("NO-SIZE\r\n")]));
      if (sent >= last) clearInterval(timer);
    }, 3);
    socket.on("close", () => clearInterval(timer));
  };
  other.upstream.answer = ({ socket }) =>
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n${"B".repeat(60_000)}`);
  const late = counts.map((count) => {
    const client = gateway.open({ paused: true }).send(get(`${slow.prefix}/${count}`));
    const parts: Buffer[] = [];
    return { client, parts };
  });
  // Until each answer has broken off or waits for its client.
  const { connections } = slow.upstream;
  let before = -1;
  const written = () => connections.reduce((sum, { socket }) => sum + socket.bytesWritten, 0);
  while (before !== written() || connections.length < counts.length) {
    before = written();
    await pause(150);
  }
  // These read into whatever was given back.
  const others = counts.map(() => gateway.open().send(get(`${other.prefix}/x`)));
  await eventually(() => others.every(({ bytes }) => bytes.length > 60_000), "the others have begun");
  for (const { client, parts } of late) {
    client.socket.on("data", (part: Buffer) => parts.push(part));
    client.socket.resume();
  }
  await eventually(() => late.every(({ client }) => client.closed), "they are cut");
  for (const { client } of late) client.destroy();
  for (const client of others) client.destroy();
  for (const { parts } of late) {
    const { messages, partial, error } = readResponses(Buffer.concat(parts), ["GET"], true);
    expect([messages.length, error, partial?.framing]).toEqual([0, undefined, "chunked"]);
    // Compared as a whole: what is wrong is shown by its first byte, not by megabytes.
    const body = partial?.body ?? Buffer.alloc(0);
    expect(body.findIndex((byte) => byte !== 65)).toBe(-1);
    expect(body.length).toBeGreaterThan(0);
  }
});
