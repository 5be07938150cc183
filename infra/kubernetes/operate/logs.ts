import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import { Log } from "@kubernetes/client-node";
import { InputError } from "../../../core/problems.ts";
import type { LogOptions } from "../../operate/parts.ts";
import type { Cluster } from "./client.ts";
import { componentOf, nameOf, podsOf } from "./pods.ts";

/** Prints the logs of a component's pods, of one pod, or of all with their names in front. */
export async function followPodLogs(
  cluster: Cluster,
  namespace: string,
  name: string | undefined,
  { follow, tail }: LogOptions,
  print: (line: string) => void,
): Promise<void> {
  const all = await podsOf(cluster, namespace);
  const wanted =
    name === undefined ? all : all.filter((pod) => nameOf(pod) === name || componentOf(pod) === name);
  if (wanted.length === 0)
    throw new InputError("no logs", [
      {
        path: "logs",
        message:
          name === undefined ? `there is no pod in ${namespace}` : `there is no pod or component "${name}"`,
        fix: all.length === 0 ? "./beat up" : `use one of ${[...new Set(all.map(componentOf))].join(", ")}`,
      },
    ]);
  const width = Math.max(...wanted.map((pod) => nameOf(pod).length));
  await Promise.all(
    wanted.map(async (pod) => {
      const label = wanted.length === 1 ? "" : `${nameOf(pod).padEnd(width)} | `;
      const lines = new PassThrough();
      const shown = (async () => {
        for await (const line of createInterface({ input: lines })) print(`${label}${line}`);
      })();
      const container = pod.spec?.containers[0]?.name ?? "";
      try {
        await new Log(cluster.config).log(namespace, nameOf(pod), container, lines, {
          follow,
          tailLines: tail,
        });
      } catch {
        // A container that has not started has no log.
        lines.end();
      }
      await shown;
    }),
  );
}
