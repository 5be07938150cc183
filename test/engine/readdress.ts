import type Docker from "dockerode";
import { type Containers, containerOf } from "./crash.ts";

/**
 * Starts a container anew while others hold the address it had, as it comes when several begin at once. @returns what gives the
 * address free again.
 */
export async function readdress(stack: Containers, name: string): Promise<() => Promise<void>> {
  const container = await containerOf(stack, name);
  const [network, before] = await addressOf(container);
  const { Image } = await (await containerOf(stack, "redis")).inspect();
  await container.stop();
  const holders: Docker.Container[] = [];
  try {
    for (let held = ""; held !== before; ) {
      if (holders.length === 16) throw new Error(`nobody was given ${before}`);
      const holder = await stack.engine.createContainer({
        Image,
        Entrypoint: ["sleep", "600"],
        Cmd: [],
        HostConfig: { NetworkMode: network, AutoRemove: true },
      });
      holders.push(holder);
      await holder.start();
      [, held] = await addressOf(holder);
    }
  } finally {
    await container.start();
  }
  return async () => {
    for (const holder of holders) await holder.remove({ force: true });
  };
}

/** The network of a container, and its address there. */
async function addressOf(container: Docker.Container): Promise<readonly [string, string]> {
  const [found] = Object.entries((await container.inspect()).NetworkSettings.Networks);
  if (found === undefined) throw new Error("a container without a network");
  return [found[0], found[1].IPAddress];
}
