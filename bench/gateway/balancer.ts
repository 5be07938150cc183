import { connect, createServer, type Socket } from "node:net";
import { statusOf } from "./process.ts";

/**
 * `node balancer.ts PORT BACKEND...`: a TCP balancer. It asks each backend's ready path five times a second, gives
 * new connections to those that answer 200, in turn, and tries the next one when a connection is refused.
 */
const [port = 0, ...backends] = process.argv.slice(2).map(Number);
let ready: readonly number[] = [];
let turn = 0;

async function ask(): Promise<void> {
  const states = await Promise.all(backends.map((backend) => statusOf(backend, "/_gateway/ready")));
  ready = backends.filter((_, i) => states[i] === 200);
  setTimeout(ask, 200);
}

function serve(client: Socket, candidates: readonly number[]): void {
  const [backend, ...others] = candidates;
  if (backend === undefined) return void client.destroy();
  const upstream = connect({ port: backend, host: "127.0.0.1", allowHalfOpen: true });
  upstream.once("error", () => serve(client, others));
  upstream.once("connect", () => {
    upstream.removeAllListeners("error");
    const both = [client, upstream];
    for (const socket of both) {
      socket.setNoDelay(true);
      socket.on("error", () => {
        for (const each of both) each.destroy();
      });
    }
    client.pipe(upstream).pipe(client);
    client.once("close", () => upstream.destroy());
    upstream.once("close", () => client.destroySoon());
  });
}

await ask();
createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
  client.on("error", () => {});
  turn++;
  const order = ready.map((_, i) => ready[(i + turn) % ready.length] as number);
  serve(client, order);
}).listen(port, "127.0.0.1", 4096);
