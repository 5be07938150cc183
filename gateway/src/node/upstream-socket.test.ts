import dns from "node:dns";
import { createServer, type Server, type Socket } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { listening } from "../../test/support/bare-server.ts";
import { eventually, pause } from "../../test/support/client.ts";
import { connectTo, type SocketReader } from "./upstream-socket.ts";

type Then = (error: null, found: string | readonly dns.LookupAddress[], family?: number) => void;

/** Tells what Node asks and hands over, in its order; another buffer is given where `others` has one for the turn. */
class Watch implements SocketReader {
  readonly happened: string[] = [];
  readonly others = new Map<number, Buffer>();
  readonly first = Buffer.alloc(16);
  reads = 0;
  goesOn = true;
  #present: Buffer = this.first;
  /** Whether each read came in the buffer that was given last. */
  sound = true;

  firstBuffer(): Buffer {
    this.happened.push("first");
    return this.first;
  }
  nextBuffer(): Buffer | undefined {
    this.happened.push("next");
    const other = this.others.get(this.reads);
    if (other !== undefined) this.#present = other;
    return other;
  }
  onRead(length: number, buffer: Buffer): boolean {
    this.reads++;
    this.sound &&= buffer === this.#present;
    this.happened.push(buffer.toString("latin1", 0, length));
    return this.goesOn;
  }
}

/** A connection to a server of one's own. */
async function open(watch: Watch): Promise<{ socket: Socket; peer: Socket; server: Server }> {
  const peers: Socket[] = [];
  const server = createServer((socket) => peers.push(socket.setNoDelay(true)));
  const port = await listening(server);
  const socket = connectTo("127.0.0.1", port, watch);
  onTestFinished(() => void socket.destroy());
  await eventually(() => peers.length > 0, "the connection");
  return { socket, peer: peers[0] as Socket, server };
}

test("onread.buffer: is asked once before the first read and after each; the bytes stand at its beginning", async () => {
  const watch = new Watch();
  const { peer } = await open(watch);
  expect(watch.happened).toEqual(["first"]);
  for (const piece of ["one", "two", "three"]) {
    peer.write(piece);
    await eventually(() => watch.happened.at(-2) === piece, piece);
  }
  expect(watch.happened).toEqual(["first", "one", "next", "two", "next", "three", "next"]);
  expect(watch.sound).toBe(true);
  expect(watch.first.toString("latin1", 0, 5)).toBe("three");
});

test("onread.buffer: what is no buffer means the same one again; another one is used from the next read on", async () => {
  const watch = new Watch();
  const other = Buffer.alloc(4);
  watch.others.set(2, other);
  const { peer } = await open(watch);
  for (const piece of ["one", "two", "abcd", "efgh"]) {
    peer.write(piece);
    await eventually(() => watch.happened.at(-2) === piece, piece);
  }
  expect(watch.sound).toBe(true);
  expect(watch.first.toString("latin1", 0, 3)).toBe("two");
  expect(other.toString("latin1")).toBe("efgh");
});

test("onread.callback: a read is never longer than the buffer, and no byte goes elsewhere", async () => {
  const watch = new Watch();
  const { socket, peer } = await open(watch);
  let data = 0;
  socket.on("data", () => data++);
  const text = "0123456789".repeat(50);
  peer.end(text);
  await eventually(() => socket.readableEnded || socket.destroyed, "the end");
  const pieces = watch.happened.filter((what) => what !== "first" && what !== "next");
  expect(pieces.join("")).toBe(text);
  expect(Math.max(...pieces.map(({ length }) => length))).toBe(16);
  expect(data).toBe(0);
  expect(watch.sound).toBe(true);
});

test("onread.callback: false reads no more until resume, and no byte is lost", async () => {
  const watch = new Watch();
  const { socket, peer } = await open(watch);
  watch.goesOn = false;
  peer.write("a".repeat(64));
  await eventually(() => watch.reads > 0, "the first read");
  await pause(50);
  expect(watch.reads).toBe(1);
  watch.goesOn = true;
  socket.resume();
  await eventually(() => socket.bytesRead === 64, "the rest");
  expect(watch.happened.join("").replaceAll(/first|next/g, "")).toBe("a".repeat(64));
});

test("onread.buffer: is asked also after a read that destroyed the socket, so that a buffer given away is never given back", async () => {
  const watch = new Watch();
  const { socket, peer } = await open(watch);
  watch.onRead = () => {
    watch.happened.push("read");
    socket.destroy();
    return true;
  };
  peer.write("one");
  await eventually(() => socket.closed, "the close");
  expect(watch.happened).toEqual(["first", "read", "next"]);
});

test.each(["127.0.0.1", "::1"])(
  "socket._handle: one for the whole life of a connection to %s, also when it is refused",
  async (host) => {
    const server = createServer();
    const port = await listening(server);
    server.close();
    const socket = connectTo(host, port, new Watch());
    const handleOf = () => (socket as unknown as { _handle: unknown })._handle;
    const handle = handleOf();
    const attempts: unknown[] = [];
    socket.on("connectionAttempt", () => attempts.push(handleOf()));
    socket.on("error", () => {});
    await eventually(() => socket.destroyed, "the refusal");
    expect(handle).not.toBe(null);
    expect(attempts.every((tried) => tried === handle)).toBe(true);
    expect(attempts.length).toBeLessThanOrEqual(1);
  },
);

test("autoSelectFamily: not even for a name with several addresses is there a second attempt, or a second handle", async () => {
  const found = ["127.0.0.2", "127.0.0.1"].map((address) => ({ address, family: 4 }));
  vi.spyOn(dns, "lookup").mockImplementation(((_name: string, options: dns.LookupOptions, then: Then) =>
    setImmediate(() =>
      options.all ? then(null, found) : then(null, "127.0.0.2", 4),
    )) as unknown as typeof dns.lookup);
  onTestFinished(() => void vi.restoreAllMocks());
  const server = createServer();
  const port = await listening(server);
  server.close();
  const socket = connectTo("several.test", port, new Watch());
  const attempts: string[] = [];
  socket.on("connectionAttempt", (address: string) => attempts.push(address));
  socket.on("error", () => {});
  await eventually(() => socket.destroyed, "the refusal");
  expect(attempts).toEqual(["127.0.0.2"]);
});

test("socket._handle: stays the same once it is connected and reads", async () => {
  const watch = new Watch();
  const server = createServer((peer) => peer.write("hello"));
  const socket = connectTo("127.0.0.1", await listening(server), watch);
  onTestFinished(() => void socket.destroy());
  const handleOf = () => (socket as unknown as { _handle: unknown })._handle;
  const handle = handleOf();
  await eventually(() => watch.reads > 0, "a read");
  expect(handleOf()).toBe(handle);
});

test("noDelay: the kernel is told not to keep small pieces back (Nagle)", async () => {
  const server = createServer();
  const socket = connectTo("127.0.0.1", await listening(server), new Watch());
  onTestFinished(() => void socket.destroy());
  const { _handle: handle } = socket as unknown as { _handle: { setNoDelay(on: boolean): number } };
  const told: boolean[] = [];
  handle.setNoDelay = (on) => {
    told.push(on);
    return 0;
  };
  await eventually(() => !socket.connecting, "the connection");
  expect(told).toEqual([true]);
});
