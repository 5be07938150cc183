import { createServer, type ListenOptions, type Server } from "node:net";
import type { Settings } from "../settings.ts";
import { StartError } from "./start-error.ts";

type Address = Pick<Settings, "host" | "port">;

/** The kernel cuts it to `net.core.somaxconn`; Node's own 511 drops bursts of new connections. */
const backlog = 4096;

/** What a machine without IPv6 says of `::`. */
const noIpv6: ReadonlySet<string | undefined> = new Set(["EAFNOSUPPORT", "EADDRNOTAVAIL", "EINVAL"]);

/**
 * Lets a server listen. `::` takes IPv4 as well, and is `0.0.0.0` on a machine without IPv6.
 * @throws {StartError} naming the variable and the fix.
 */
export async function listen(
  server: Server,
  address: Address,
  options: ListenOptions = {},
  variable = "PROXY_PORT",
): Promise<void> {
  try {
    await bind(server, address, options);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (address.host !== "::" || !noIpv6.has(code)) throw listenError(error as Error, address, variable);
    await listen(server, { ...address, host: "0.0.0.0" }, options, variable);
  }
}

function bind(server: Server, { host, port }: Address, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host, backlog, ...options }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/**
 * Takes the port for a moment: workers would find out only after they were forked.
 * @throws {StartError} when it cannot be had.
 */
export async function probePort(address: Address): Promise<void> {
  const server = createServer();
  await listen(server, address, { exclusive: true });
  await new Promise((resolve) => server.close(resolve));
}

/** Why a listen failed, in terms of the settings. */
function listenError(error: NodeJS.ErrnoException, { host, port }: Address, variable: string): StartError {
  const reasons: Record<string, string> = {
    EADDRINUSE: `${variable}: ${port} is taken: stop what listens there, or choose another port`,
    EACCES: `${variable}: ${port} needs a privilege: choose a port from 1024 up`,
    EADDRNOTAVAIL: `PROXY_HOST: "${host}": is no address of this machine: use one, or 0.0.0.0 for all`,
    ENOTFOUND: `PROXY_HOST: "${host}": has no address: use an address of this machine, or 0.0.0.0 for all`,
  };
  const reason = reasons[error.code ?? ""] ?? `cannot listen on ${host}:${port}: ${error.message}`;
  return new StartError(reason, 1);
}
