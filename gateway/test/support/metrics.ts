import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { Client } from "./client.ts";

/** A port of loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
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
