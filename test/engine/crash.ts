import { execa } from "execa";
import { containersOf } from "../../infra/docker/operate/engine.ts";
import type { TestStack } from "./test-stack.ts";

async function containerOf(stack: TestStack, name: string) {
  const found = (await containersOf(stack.engine, stack.prefix)).find((one) => one.name === name);
  return stack.engine.getContainer(found?.id ?? "");
}

/** Kills all that runs in a container from inside: what the engine stops itself it does not start again. */
export async function crash(stack: TestStack, name: string): Promise<void> {
  const { id } = await containerOf(stack, name);
  await execa(process.env.CONTAINER_TOOL ?? "docker", ["exec", id, "sh", "-c", "kill -KILL -1"], {
    reject: false,
  });
}

/** How often the engine has started a container anew. */
export const restartsOf = async (stack: TestStack, name: string): Promise<number> =>
  (await (await containerOf(stack, name)).inspect()).RestartCount;
