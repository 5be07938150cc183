import { createServer } from "node:net";
import { Client } from "./client.ts";

/** Below the ports that outgoing connections are given (ip_local_port_range). */
const lowest = 12_000;
const ports = 18_000;

/** A port of loopback that was free a moment ago, and that no connection is given meanwhile. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 50; tries++) {
    const port = lowest + Math.floor(Math.random() * ports);
    const server = createServer();
    const listens = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false)).listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!listens) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
  throw new Error("no port is free");
}

/**
 * The sum over the series of a family, as the metrics port tells it.
 * @param labels what a series must name, e.g. `reason="shed"`; each of them.
 */
export async function metric(port: number, family: string, ...labels: string[]): Promise<number> {
  const client = new Client(port).send("GET /metrics HTTP/1.1\r\nHost: m\r\nConnection: close\r\n\r\n");
  await client.until(() => client.closed);
  client.destroy();
  return client.text
    .split("\n")
    .filter((line) => line.startsWith(`${family}{`) || line.startsWith(`${family} `))
    .filter((line) => labels.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}
