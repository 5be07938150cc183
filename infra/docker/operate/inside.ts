import { PassThrough } from "node:stream";
import type Docker from "dockerode";
import type { DockerSettings } from "../../../config/settings/schema.ts";
import { clientHost } from "../../../core/addresses.ts";
import { configSetCommand } from "../../../core/config-commands.ts";
import { InputError } from "../../../core/problems.ts";
import { type Inside, inTime, longestCommand, type Place, type Ran, type Way } from "../../operate/inside.ts";
import type { EngineRuntime } from "../../workloads/runtime.ts";
import { containersOf } from "./engine.ts";

/** A running stack on an engine. */
export class EngineInside implements Inside {
  readonly runtime: EngineRuntime;
  readonly #engine: Docker;
  readonly #prefix: string;

  /** @param prefix what the stack is called on the engine. */
  constructor(engine: Docker, prefix: string, settings: DockerSettings) {
    this.#engine = engine;
    this.#prefix = prefix;
    this.runtime = { kind: "engine", settings, id: prefix, waitsForExit: false };
  }

  async run({ workload }: Place, command: readonly string[]): Promise<readonly Ran[]> {
    const all = await containersOf(this.#engine, this.#prefix);
    return Promise.all(
      all
        .filter(({ name }) => name === workload)
        .map(({ id, container, state, status }) =>
          state === "running"
            ? inTime(
                container,
                runInside(this.#engine, id, command, longestCommand).then(
                  ({ code, output }) => ({ member: container, code: code ?? -1, output }),
                  // It went while it was asked.
                  (error: Error) => ({ member: container, code: undefined, output: error.message }),
                ),
              )
            : { member: container, code: undefined, output: status || state },
        ),
    );
  }

  async gateway({ gateway }: Readonly<Record<string, string>>): Promise<Way> {
    if (gateway !== undefined) return { base: new URL(gateway).origin, close: () => {} };
    const { bind, ports } = this.runtime.settings;
    if (ports.gateway === false)
      throw new InputError("the gateway cannot be reached from here", [
        {
          path: "platform:ports.gateway",
          message: "is false: the gateway has no port on this machine",
          fix: `name an address that leads to it: --url http://…; or publish it: ${configSetCommand("platform:ports.gateway", "9000")}, then ./beat up`,
        },
      ]);
    // The state tells no address before an `up` has ended.
    return { base: `http://${clientHost(bind)}:${ports.gateway}`, close: () => {} };
  }
}

/**
 * Runs a command inside a container. @returns its exit code, and what it said on both outputs.
 * @param limitMs default: as long as it takes.
 */
export async function runInside(
  engine: Docker,
  id: string,
  command: readonly string[],
  limitMs?: number,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const exec = await engine.getContainer(id).exec({
    Cmd: [...command],
    AttachStdout: true,
    AttachStderr: true,
  });
  const stream = await exec.start({});
  // Nothing ends a command from outside; what it says later is not waited for.
  const limit = limitMs === undefined ? undefined : setTimeout(() => stream.destroy(), limitMs);
  const both = new PassThrough();
  const chunks: Buffer[] = [];
  both.on("data", (chunk: Buffer) => chunks.push(chunk));
  engine.modem.demuxStream(stream, both, both);
  await new Promise<void>((resolve, reject) => {
    stream.once("end", resolve).once("close", resolve).once("error", reject);
  });
  clearTimeout(limit);
  const { ExitCode } = await exec.inspect();
  return { code: ExitCode, output: Buffer.concat(chunks).toString("utf8") };
}
