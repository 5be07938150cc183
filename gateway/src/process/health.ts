import { existsSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Settings } from "../settings.ts";
import { ownHost } from "./own-host.ts";

/** Milliseconds; an engine's own limit for a health check is usually 5 s. */
const limit = 4_000;

/** Where it is noted that the gateway has been ready: in memory that each start of a container gets anew. */
const marker = "/dev/shm/beat-ready";

/** Asks a gateway on this machine whether it is ready: the image's health check, which needs no curl. */
export function isReady({ host, port }: Pick<Settings, "host" | "port">): Promise<boolean> {
  return new Promise((resolve) => {
    http
      .get({ host: ownHost(host), port, path: "/_gateway/ready", timeout: limit }, (response) =>
        resolve(response.statusCode === 200),
      )
      .on("timeout", () => resolve(false))
      .on("error", () => resolve(false));
  });
}

/**
 * The same for an engine that asks as often after a start as during it: once the gateway has been ready, it waits first, since to
 * start Node costs more than to sleep.
 */
export async function isReadyAfterRest(
  settings: Pick<Settings, "host" | "port">,
  seconds: number,
  note = marker,
): Promise<boolean> {
  if (existsSync(note)) await sleep(seconds * 1000);
  const ready = await isReady(settings);
  try {
    if (ready) writeFileSync(note, "");
    else rmSync(note, { force: true });
  } catch {
    // Where nothing can be noted, it asks each time.
  }
  return ready;
}
