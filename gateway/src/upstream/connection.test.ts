import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { buffers } from "./buffers.ts";
import { type RawReader, UpstreamConnection, type UpstreamUser } from "./connection.ts";
import { Endpoint } from "./endpoint.ts";

const answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
let server: Server;
let accepted: Socket | undefined;
beforeAll(async () => {
  server = createServer((socket) => {
    accepted = socket.on("error", () => {});
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(() => void server.close());
beforeEach(() => {
  accepted = undefined;
});

const userOf = () => ({
  method: "GET",
  requestSent: true,
  reusable: true,
  wantsUpgrade: false,
  onUpstreamDrain: vi.fn(),
  onInterim: vi.fn(),
  onHead: vi.fn(),
  onBody: vi.fn(),
  onAnswerEnd: vi.fn(),
  afterRead: vi.fn(() => 0),
  onSwitched: vi.fn(),
  onUpstreamFailed: vi.fn<UpstreamUser["onUpstreamFailed"]>(),
});

async function connected(user: UpstreamUser): Promise<UpstreamConnection> {
  const connection = new UpstreamConnection(
    new Endpoint("127.0.0.1"),
    (server.address() as AddressInfo).port,
  );
  await once(connection.socket, "connect");
  await vi.waitFor(() => expect(accepted).toBeDefined());
  connection.use(user);
  return connection;
}

test.each([
  ["another buffer", () => Buffer.from(answer)],
  ["its own, as it was before", (connection: UpstreamConnection) => connection.firstBuffer()],
])("a read into %s is no answer", async (_name, bufferOf) => {
  const user = userOf();
  const connection = await connected(user);
  expect(connection.onRead(answer.length, bufferOf(connection))).toBe(false);
  expect(user.onUpstreamFailed).toHaveBeenCalledExactlyOnceWith("ERR_READ_BUFFER");
  expect([user.onHead.mock.calls, connection.socket.destroyed]).toEqual([[], true]);
  await once(connection.socket, "close");
});

test("a control: what the socket read is", async () => {
  const user = userOf();
  const connection = await connected(user);
  accepted?.write(answer);
  await vi.waitFor(() => expect(user.onAnswerEnd).toHaveBeenCalled());
  connection.destroy();
  await once(connection.socket, "close");
});

test.each([
  ["may be used again after its answer", "", true],
  ["is closed where bytes follow the answer: they could become another client's", "HTTP/1.1 200", false],
])("a connection %s", async (_what, more, free) => {
  const user = userOf();
  const connection = await connected(user);
  const owner = { onFree: vi.fn(), onClosed: vi.fn() };
  connection.owner = owner;
  accepted?.write(answer + more);
  await vi.waitFor(() => expect(user.onAnswerEnd).toHaveBeenCalled());
  await vi.waitFor(() => expect(owner.onFree.mock.calls.length + owner.onClosed.mock.calls.length).toBe(1));
  expect([owner.onFree.mock.calls.length, connection.socket.destroyed]).toEqual([free ? 1 : 0, !free]);
  connection.destroy();
});

test("whoever ends it hears nothing more", async () => {
  const user = userOf();
  const connection = await connected(user);
  connection.destroy();
  await once(connection.socket, "close");
  expect(user.onUpstreamFailed).not.toHaveBeenCalled();
});

test("a control: whoever does not is told", async () => {
  const user = userOf();
  const connection = await connected(user);
  accepted?.destroy();
  await once(connection.socket, "close");
  expect(user.onUpstreamFailed).toHaveBeenCalledExactlyOnceWith("ERR_CLOSED");
});

test.each([false, true])("its buffer is given back once (tunnel: %s)", async (tunnel) => {
  const given = vi.spyOn(buffers, "give");
  try {
    const reader = {
      onUpstreamData: vi.fn<RawReader["onUpstreamData"]>(() => true),
      onUpstreamDrain() {},
      onUpstreamEnd() {},
      onUpstreamClosed: vi.fn(),
    };
    const user = { ...userOf(), wantsUpgrade: true, onSwitched: () => connection.join(reader) };
    const connection = await connected(user);
    if (tunnel) {
      accepted?.write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
      await vi.waitFor(() => expect(given).toHaveBeenCalledTimes(1));
      accepted?.write("frame");
      await vi.waitFor(() => expect(reader.onUpstreamData).toHaveBeenCalledTimes(1));
      expect(reader.onUpstreamData.mock.lastCall?.[0]).toBe(buffers.shared);
    }
    connection.destroy();
    await once(connection.socket, "close");
    expect(given).toHaveBeenCalledTimes(1);
    expect(reader.onUpstreamClosed).toHaveBeenCalledTimes(tunnel ? 1 : 0);
  } finally {
    given.mockRestore();
  }
});
