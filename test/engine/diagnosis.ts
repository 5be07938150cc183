import type Docker from "dockerode";
import { containersOf, lastLogLines } from "../../infra/docker/operate/engine.ts";

/** Writes every container's state, last log lines and last health output to standard error, for a test that failed. */
export async function describeContainers(engine: Docker, prefix: string): Promise<void> {
  for (const { id, name, status } of await containersOf(engine, prefix)) {
    const words = await lastLogLines(engine, id, 15).catch((error: Error) => [error.message]);
    process.stderr.write(`${[`${name}: ${status}`, ...words].join("\n    ")}\n`);
  }
}
