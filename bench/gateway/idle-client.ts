import { once } from "node:events";
import { Agent, get } from "node:http";
import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import { bodies } from "./contenders.ts";
import { expectEcho, openTunnel } from "./websocket.ts";

/**
 * `node idle-client.ts http|websocket PORT COUNT ADDRESS`: opens connections from one loopback address, uses each
 * once, then keeps it. Prints `open N`; on each line of input it uses every one again and prints `alive N`; ends when
 * its input does.
 */
const [kind, portText, countText, localAddress = "127.0.0.1"] = process.argv.slice(2);
const [port, count] = [Number(portText), Number(countText)];

/** One kept connection: using it again fails when the other side has closed it. */
type Use = () => Promise<void>;

function httpConnection(): Use {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let first: Socket | undefined;
  return async () => {
    const request = get({ host: "127.0.0.1", port, path: "/core/small.json", agent, localAddress });
    const [response] = await once(request, "response");
    first ??= response.socket as Socket;
    if (response.socket !== first) throw new Error("this is another connection");
    let length = 0;
    for await (const chunk of response) length += (chunk as Buffer).length;
    if (response.statusCode !== 200 || length !== bodies.small.length) throw new Error("a wrong answer");
  };
}

async function tunnel(): Promise<Use> {
  const socket = await openTunnel(port, "/socket/websocket", localAddress);
  return () => expectEcho(socket, `${localAddress} ${Math.random()}`);
}

/** Runs `body` for each item, 32 at a time; the number that succeeded. */
async function each<T>(items: readonly T[], body: (item: T) => Promise<void>): Promise<number> {
  let next = 0;
  let succeeded = 0;
  const worker = async () => {
    for (let item = items[next++]; item !== undefined; item = items[next++])
      await body(item).then(
        () => succeeded++,
        (error: Error) => console.error(`connection lost: ${error.message}`),
      );
  };
  await Promise.all(Array.from({ length: 32 }, worker));
  return succeeded;
}

const uses: Use[] = [];
const opened = await each(
  Array.from({ length: count }, (_, i) => i + 1),
  async () => {
    const use = kind === "http" ? httpConnection() : await tunnel();
    await use();
    uses.push(use);
  },
);
console.log(`open ${opened}`);
for await (const _line of createInterface({ input: process.stdin }))
  console.log(`alive ${await each(uses, (use) => use())}`);
process.exit(0);
