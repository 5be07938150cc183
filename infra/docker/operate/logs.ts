import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import type Docker from "dockerode";
import { InputError } from "../../../core/problems.ts";
import type { LogOptions } from "../../operate/parts.ts";
import { containersOf } from "./engine.ts";

/** Prints the logs of one container, or of all with their names in front. */
export async function followLogs(
  engine: Docker,
  prefix: string,
  name: string | undefined,
  options: LogOptions,
  print: (line: string) => void,
): Promise<void> {
  const all = await containersOf(engine, prefix);
  const wanted = name === undefined ? all : all.filter((container) => container.name === name);
  if (wanted.length === 0)
    throw new InputError("no logs", [
      {
        path: "logs",
        message: name === undefined ? "the stack has no containers" : `there is no container "${name}"`,
        fix:
          all.length === 0 ? "./beat up" : `use one of ${all.map((container) => container.name).join(", ")}`,
      },
    ]);
  const width = Math.max(...wanted.map((container) => container.name.length));
  await Promise.all(
    wanted.map(async (container) => {
      const label = name === undefined ? `${container.name.padEnd(width)} | ` : "";
      const lines = new PassThrough();
      const shown = (async () => {
        for await (const line of createInterface({ input: lines })) print(`${label}${line}`);
      })();
      const arguments_ = { stdout: true, stderr: true, tail: options.tail } as const;
      const source = engine.getContainer(container.id);
      if (options.follow) {
        const stream = await source.logs({ ...arguments_, follow: true });
        engine.modem.demuxStream(stream, lines, lines);
        stream.once("end", () => lines.end());
      } else {
        const chunk = new PassThrough();
        engine.modem.demuxStream(chunk, lines, lines);
        chunk.end(await source.logs(arguments_));
        chunk.once("end", () => setImmediate(() => lines.end()));
      }
      await shown;
    }),
  );
}
