import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { gatewayRoutes, type Ports } from "./configs.ts";
import { launch, untilServing } from "./process.ts";

/** The built gateway. */
export const gatewayFile = fileURLToPath(new URL("../../gateway/dist/gateway.mjs", import.meta.url));

/** Node's flags in the image. */
export const gatewayFlags = ["--max-semi-space-size=4"];

/** The path of a file beside this one. */
export const beside = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** A folder that is gone when this process ends. */
export function scratch(): string {
  const folder = mkdtempSync(`${tmpdir()}/gateway-bench-`);
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A port of 127.0.0.1 that nothing used a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** What a gateway is started with; without `routes` it gets the two of the bench. */
export interface Start {
  readonly folder: string;
  readonly port: number;
  readonly to: Ports;
  readonly routes?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cores?: string;
}

/** Starts the built gateway with its log off and waits for its health path. */
export async function startGateway({ folder, port, to, routes, env = {}, cores }: Start) {
  const table = `${folder}/routes-${port}.json`;
  writeFileSync(table, routes ?? gatewayRoutes(to));
  const child = launch({
    command: [process.execPath, ...gatewayFlags, gatewayFile],
    env: {
      GATEWAY_ROUTES: table,
      PROXY_HOST: "127.0.0.1",
      PROXY_PORT: String(port),
      GATEWAY_ACCESS_LOG: "off",
      ...env,
    },
    cores,
  });
  await untilServing(port, "/_gateway/health", "the gateway");
  return child;
}
