import type Docker from "dockerode";
import { execa } from "execa";
import { containersOf } from "../../infra/docker/operate/engine.ts";

/** The containers of a stack on an engine. */
export interface Containers {
  readonly engine: Docker;
  readonly prefix: string;
}

/** A container of a stack. */
export async function containerOf(stack: Containers, name: string) {
  const found = (await containersOf(stack.engine, stack.prefix)).find((one) => one.name === name);
  return stack.engine.getContainer(found?.id ?? "");
}

/** Kills all that runs in a container from inside: what the engine stops itself it does not start again. */
export async function crash(stack: Containers, name: string): Promise<void> {
  const { id } = await containerOf(stack, name);
  await execa(process.env.CONTAINER_TOOL ?? "docker", ["exec", id, "sh", "-c", "kill -KILL -1"], {
    reject: false,
  });
}

/** How often the engine has started a container anew. */
export const restartsOf = async (stack: Containers, name: string): Promise<number> =>
  (await (await containerOf(stack, name)).inspect()).RestartCount;
