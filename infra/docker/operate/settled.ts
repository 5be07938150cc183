import type Docker from "dockerode";
import { isPodman } from "../../engine/traits.ts";
import { inForce, type StackState } from "../../operate/stack-state.ts";
import { containersOf } from "./engine.ts";

/**
 * What a refresh has to leave out: on Podman, the containers that are as they were made. Podman says something else of them than it
 * was told (which capabilities "ALL" are, "no-new-privileges" alone): read back, each would replace the container. To ignore what
 * was read back would be worse: the next container would be made of it.
 * @returns URNs; undefined where everything can be read back.
 */
export async function settledOn(
  engine: Docker,
  prefix: string,
  { resources }: StackState,
): Promise<readonly string[] | undefined> {
  if (!isPodman(await engine.version())) return undefined;
  const there = new Map((await containersOf(engine, prefix)).map(({ id, state }) => [id, state]));
  return inForce(resources)
    .filter(({ type, id = "", inputs, initErrors = [] }) => {
      if (type !== "docker:index/container:Container" || initErrors.length > 0) return false;
      return inputs?.mustRun === false ? there.has(id) : there.get(id) === "running";
    })
    .map(({ urn }) => urn);
}
