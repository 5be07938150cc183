import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { bodies } from "./contenders.ts";
import { expectEcho, frame, openTunnel } from "./websocket.ts";

/**
 * `node soak-load.ts PORT [KIND,...]`: well-behaved and ill-behaved clients until SIGTERM. Prints what each kind did,
 * and every answer that was not the expected one, as one JSON line a second.
 */
const port = Number(process.argv[2]);
const wanted = process.argv[3]?.split(",");
const counts: Record<string, number> = {};
const wrong: Record<string, number> = {};
let running = true;
const pause = (atMost: number) => sleep(Math.random() * atMost);

interface Ask {
  readonly path: string;
  readonly agent?: Agent;
  readonly body?: Buffer;
}

async function ask({ path, agent, body }: Ask): Promise<{ status: number; length: number }> {
  const sent = request({
    host: "127.0.0.1",
    port,
    path,
    method: body === undefined ? "GET" : "POST",
    agent: agent ?? false,
  }).end(body);
  sent.on("error", () => {});
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  let length = 0;
  for await (const chunk of response) length += (chunk as Buffer).length;
  return { status: response.statusCode ?? 0, length };
}

function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

async function expectWhole(details: Ask, length: number): Promise<void> {
  const got = await ask(details);
  expect(got.status === 200 && got.length === length, `status ${got.status}, ${got.length} bytes`);
}

function raw(): Socket {
  return connect({ port, host: "127.0.0.1" }).on("error", () => {});
}

/** Leaves politely or not. */
const leave = (socket: Socket) => (Math.random() < 0.5 ? socket.destroy() : socket.resetAndDestroy());

const agents = new Map<string, Agent>();
const kept = (name: string): Agent => {
  const agent = agents.get(name) ?? new Agent({ keepAlive: true, maxSockets: 8 });
  agents.set(name, agent);
  return agent;
};

/** Each kind: how many at once, the longest pause between two turns in ms, and one turn. */
const kinds: Readonly<Record<string, readonly [number, number, () => Promise<void>]>> = {
  get: [8, 10, () => expectWhole({ path: "/core/small.json", agent: kept("get") }, bodies.small.length)],
  getNew: [2, 20, () => expectWhole({ path: "/core/small.json" }, bodies.small.length)],
  post: [4, 10, () => expectWhole({ path: "/core/post", agent: kept("post"), body: Buffer.alloc(4096) }, 17)],
  large: [4, 20, () => expectWhole({ path: "/core/large.bin", agent: kept("large") }, bodies.large.length)],
  tunnel: [
    8,
    50,
    async () => {
      const socket = await openTunnel(port, "/socket/websocket");
      for (let i = 0; i < 5; i++) await expectEcho(socket, `echo ${i}`);
      if (Math.random() < 0.5) socket.end(frame(8, Buffer.from([3, 232]), true));
      else leave(socket);
    },
  ],
  abortUpload: [
    4,
    100,
    async () => {
      const socket = raw();
      socket.write("POST /core/post HTTP/1.1\r\nHost: gw\r\nContent-Length: 1000000\r\n\r\n");
      socket.write(Buffer.alloc(100_000));
      await pause(50);
      leave(socket);
    },
  ],
  abortDownload: [
    4,
    100,
    async () => {
      const socket = raw();
      socket.write("GET /core/huge.bin HTTP/1.1\r\nHost: gw\r\n\r\n");
      await once(socket, "data");
      leave(socket);
    },
  ],
  reset: [
    2,
    50,
    async () => {
      const socket = raw();
      socket.write("GET /core/small.json HTTP/1.1\r\nHos");
      await pause(20);
      socket.resetAndDestroy();
    },
  ],
  leaveWaiting: [
    2,
    50,
    async () => {
      const socket = raw();
      socket.write("GET /core/large.bin HTTP/1.1\r\nHost: gw\r\n\r\n");
      await pause(3);
      socket.resetAndDestroy();
    },
  ],
  slowReader: [
    8,
    100,
    async () => {
      const socket = raw();
      socket.write("GET /core/huge.bin HTTP/1.1\r\nHost: gw\r\n\r\n");
      for (let i = 0; i < 40 && running && !socket.destroyed; i++) {
        socket.resume();
        await once(socket, "data");
        socket.pause();
        await sleep(200);
      }
      leave(socket);
    },
  ],
  slowWriter: [
    8,
    100,
    async () => {
      const socket = raw();
      socket.resume();
      const text = "GET /core/small.json HTTP/1.1\r\nHost: gw\r\nX-Slow: ";
      for (const letter of text) {
        if (!running || socket.destroyed) break;
        socket.write(letter);
        await sleep(400);
      }
      socket.destroy();
    },
  ],
  upstreamReset: [
    2,
    50,
    async () => {
      const { status } = await ask({ path: "/core/reset", agent: kept("reset") });
      expect(status === 502, `status ${status}`);
    },
  ],
  upstreamBreaks: [
    2,
    50,
    async () => {
      const whole = await ask({ path: "/core/broken" }).then(
        () => true,
        () => false,
      );
      expect(!whole, "a broken answer was passed on as whole");
    },
  ],
};

async function act(name: string, rest: number, turn: () => Promise<void>): Promise<void> {
  while (running) {
    try {
      await turn();
      counts[name] = (counts[name] ?? 0) + 1;
    } catch (error) {
      const what = `${name}: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`;
      wrong[what] = (wrong[what] ?? 0) + 1;
    }
    await pause(rest);
  }
}

process.on("SIGTERM", () => {
  running = false;
});
const say = () => process.stdout.write(`${JSON.stringify({ counts, wrong })}\n`);
const timer = setInterval(say, 1000);
await Promise.all(
  Object.entries(kinds)
    .filter(([name]) => wanted?.includes(name) ?? true)
    .flatMap(([name, [many, rest, turn]]) => Array.from({ length: many }, () => act(name, rest, turn))),
);
clearInterval(timer);
say();
process.exit(0);
