import http from "node:http";
import type { Settings } from "../settings.ts";

/** Milliseconds; an engine's own limit for a health check is usually 5 s. */
const limit = 4_000;

/** Asks a gateway on this machine whether it is ready: the image's health check, which needs no curl. */
export function isReady({ host, port }: Pick<Settings, "host" | "port">): Promise<boolean> {
  // Who listens everywhere is asked on loopback.
  const hosts: Record<string, string> = { "0.0.0.0": "127.0.0.1", "::": "localhost" };
  return new Promise((resolve) => {
    http
      .get({ host: hosts[host] ?? host, port, path: "/_gateway/ready", timeout: limit }, (response) =>
        resolve(response.statusCode === 200),
      )
      .on("timeout", () => resolve(false))
      .on("error", () => resolve(false));
  });
}
