import { PassThrough } from "node:stream";
import type Docker from "dockerode";
import { componentLabel } from "../labels.ts";

/** An engine that is told its containers, `running` or `exited`, and notes what is run inside of them. */
export function engineOf(states: Readonly<Record<string, string>>): {
  readonly engine: Docker;
  /** The containers in which something was run, in order. */
  readonly ran: string[];
} {
  const ran: string[] = [];
  const engine = {
    listContainers: async () =>
      Object.entries(states).map(([name, state]) => ({
        Id: name,
        Names: [`/p-${name}`],
        Labels: { [componentLabel]: name },
        Image: "image",
        State: state,
        Status: state === "running" ? "Up 3 hours (healthy)" : "Exited (137) 2 days ago",
        Ports: [],
      })),
    listImages: async () => [],
    modem: {
      demuxStream: (from: PassThrough, to: PassThrough) =>
        from.on("data", (chunk: Buffer) => to.write(chunk)),
    },
    getContainer: (id: string) => ({
      inspect: async () => ({ Created: "2026-10-01T00:00:00Z" }),
      exec: async () => ({
        start: async () => {
          ran.push(id);
          const said = new PassThrough();
          setImmediate(() => said.end(`said by ${id}\n`));
          return said;
        },
        inspect: async () => ({ ExitCode: 0 }),
      }),
    }),
  };
  return { engine: engine as unknown as Docker, ran };
}
