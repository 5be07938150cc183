import { PassThrough } from "node:stream";
import type Docker from "dockerode";
import { componentLabel } from "../labels.ts";

/** What an engine says of how a container is. */
const statuses: Readonly<Record<string, string>> = {
  running: "Up 3 hours (healthy)",
  paused: "Up 3 hours (Paused)",
};

/** An engine that is told its containers, `running`, `paused` or `exited`, and notes what is run inside of them. */
export function engineOf(
  states: Readonly<Record<string, string>>,
  exitCode: number | null = 0,
): {
  readonly engine: Docker;
  /** The containers in which something was run, in order. */
  readonly ran: string[];
  /** The containers that were paused and go on, in order. */
  readonly unpaused: string[];
} {
  const ran: string[] = [];
  const unpaused: string[] = [];
  const engine = {
    listContainers: async () =>
      Object.entries(states).map(([name, state]) => ({
        Id: name,
        Names: [`/p-${name}`],
        Labels: { [componentLabel]: name },
        Image: "image",
        State: state,
        Status: statuses[state] ?? "Exited (137) 2 days ago",
        Ports: [],
        Mounts: [],
      })),
    listImages: async () => [],
    modem: {
      demuxStream: (from: PassThrough, to: PassThrough) =>
        from.on("data", (chunk: Buffer) => to.write(chunk)),
    },
    getContainer: (id: string) => ({
      unpause: async () => unpaused.push(id),
      inspect: async () => ({ Created: "2026-10-01T00:00:00Z" }),
      exec: async () => ({
        start: async () => {
          ran.push(id);
          const said = new PassThrough();
          setImmediate(() => said.end(`said by ${id}\n`));
          return said;
        },
        inspect: async () => ({ ExitCode: exitCode }),
      }),
    }),
  };
  return { engine: engine as unknown as Docker, ran, unpaused };
}
