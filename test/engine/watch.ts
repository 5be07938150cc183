import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { containersOf } from "../../infra/docker/operate/engine.ts";

/**
 * Collects the argv of every process in a stack's containers, those of health checks too, until it is stopped. What
 * lives for a few milliseconds only can be missed: watch over several rounds of the health checks.
 */
export class ArgvWatch {
  readonly seen = new Set<string>();
  #stopped = false;
  readonly #done: Promise<void>;

  constructor(engine: Docker, prefix: string) {
    this.#done = this.#watch(engine, prefix);
  }

  async #watch(engine: Docker, prefix: string): Promise<void> {
    while (!this.#stopped) {
      // A request that fails is tried again; thrown from here, it would end the Pulumi program of this process.
      const containers = await containersOf(engine, prefix).catch(() => []);
      await Promise.all(
        containers.map(async ({ id }) => {
          // A container that has ended has no processes, and the engine says so with an error.
          const { Processes } = await engine
            .getContainer(id)
            .top({ ps_args: "-eo pid,args" })
            .catch(() => ({ Processes: null }));
          // In the moment between, the engine answers null.
          for (const [, argv] of (Processes ?? []) as string[][]) this.seen.add(argv ?? "");
        }),
      );
      await sleep(20);
    }
  }

  /** Ends the watch. @returns all argv seen. */
  async stop(): Promise<ReadonlySet<string>> {
    this.#stopped = true;
    await this.#done;
    return this.seen;
  }
}

/** Which of the values occur in the files of an image, all layers together. */
export async function findInImage(
  engine: Docker,
  reference: string,
  values: ReadonlyMap<string, string>,
): Promise<string[]> {
  const container = await engine.createContainer({ Image: reference });
  const found = new Set<string>();
  try {
    const longest = Math.max(...[...values.values()].map((value) => value.length));
    let rest = "";
    for await (const chunk of (await container.export()) as AsyncIterable<Buffer>) {
      const text = rest + chunk.toString("latin1");
      for (const [name, value] of values) if (text.includes(value)) found.add(name);
      rest = text.slice(-longest);
    }
  } finally {
    await container.remove({ force: true });
  }
  return [...found];
}
