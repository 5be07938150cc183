import { installedPlugin } from "../../cli/doctor-pulumi.ts";
import { findPulumi } from "../../cli/workspace.ts";
import { platform } from "../../config/platform.ts";
import { parseSettings } from "../../config/settings/parse.ts";
import { stackImages } from "../../config/stack-images.ts";
import { checkEngine } from "../../infra/docker/operate/checks.ts";
import { engineAddress, openEngine } from "../../infra/docker/operate/engine.ts";

/** Why the engine layer cannot run on this machine; undefined when it can. */
export async function missingForEngine(): Promise<string | undefined> {
  const address = engineAddress();
  const engine = openEngine(address);
  if (!(await checkEngine(engine, address)).ok) return "no container engine answers";
  const pulumi = await missingForPulumi();
  if (pulumi !== undefined) return pulumi;
  if (installedPlugin() === undefined) return "the Docker plugin of Pulumi is not installed";
  for (const reference of references()) {
    const here = await engine
      .getImage(reference)
      .inspect()
      .catch(() => engine.getImage(reference).distribution())
      .catch(() => undefined);
    if (here === undefined)
      return `image ${reference} is neither on the engine nor in a registry that answers`;
  }
  return undefined;
}

/** The third-party images of a stack on an engine, with its tools and without. */
function references(): string[] {
  const stacks = ["true", "false"].map((devTools) =>
    parseSettings({ "platform:source": "sample", "platform:devTools": devTools }),
  );
  return [
    ...new Set(stacks.flatMap((settings) => stackImages(platform, settings).map((image) => image.reference))),
  ];
}

/** Why tests that need no more than the Pulumi CLI cannot run; undefined when they can. */
export async function missingForPulumi(): Promise<string | undefined> {
  return findPulumi(false).then(
    () => undefined,
    () => "the Pulumi CLI is not installed",
  );
}
