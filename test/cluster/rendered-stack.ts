import { execa } from "execa";
import { projectRoot } from "../../stacks/program.ts";
import type { ClusterStack } from "./cluster-stack.ts";

/** The objects of a stack as `beat render` makes them, in a process of its own: it runs the program under mocks, which are for good. */
export async function renderedBy(stack: ClusterStack): Promise<unknown[]> {
  const { stdout } = await execa(process.execPath, ["test/cluster/render.ts"], {
    cwd: projectRoot,
    input: JSON.stringify({ stack: stack.name, config: stack.config() }),
    maxBuffer: 20_000_000,
  });
  return JSON.parse(stdout) as unknown[];
}
