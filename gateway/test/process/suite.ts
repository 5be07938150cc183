import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import {
  freePort,
  GatewayProcess,
  namedUpstream,
  remove,
  shippedGateway,
  tableTo,
} from "./gateway-process.ts";

/** The gateway's file and upstreams for all cases of a file; filled in before the first one. */
export class ProcessSuite {
  file = "";
  directory = "";
  /** A valid table: `/a` goes to the first upstream. */
  routes = "";
  readonly #ports = new Map<string, number>();

  constructor(names: readonly string[]) {
    const servers: { close(): void }[] = [];
    beforeAll(async () => {
      const built = await shippedGateway();
      this.file = built.file;
      this.directory = built.directory;
      for (const name of names) {
        const { server, port } = await namedUpstream(name);
        servers.push(server);
        this.#ports.set(name, port);
      }
      this.routes = join(this.directory, "table.json");
      writeFileSync(this.routes, this.table(names[0] as string));
    });
    afterAll(() => {
      for (const server of servers) server.close();
      remove(this.directory);
    });
  }

  /** A table that sends `/a` to an upstream. */
  table(name: string): string {
    return tableTo(this.#ports.get(name) as number, "/a");
  }

  /** Starts a gateway and waits until it listens. */
  async start(
    env: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly gateway: GatewayProcess; readonly port: number }> {
    const port = await freePort();
    const gateway = new GatewayProcess(this.file, [], {
      GATEWAY_ROUTES: this.routes,
      PROXY_PORT: String(port),
      ...env,
    });
    await gateway.event("listening");
    return { gateway, port };
  }
}
