import { installedPlugin } from "../../cli/doctor-pulumi.ts";
import { findPulumi } from "../../cli/workspace.ts";
import { platform } from "../../config/platform.ts";
import { parseSettings } from "../../config/settings/parse.ts";
import { stackImages } from "../../config/stack-images.ts";
import { checkEngine } from "../../infra/docker/operate/checks.ts";
import { engineAddress, openEngine } from "../../infra/docker/operate/engine.ts";

/**
 * Why a story cannot run on this machine's engine; undefined when it can.
 * @param images those that it uses, and no others: a story must not stay out for want of what it never asks for. Default:
 * a stack's without tools.
 */
export async function missingForEngine(
  images: readonly string[] = imagesOfStack({ devTools: false }),
): Promise<string | undefined> {
  const address = engineAddress();
  const engine = openEngine(address);
  if (!(await checkEngine(engine, address)).ok) return "no container engine answers";
  const pulumi = await missingForPulumi();
  if (pulumi !== undefined) return pulumi;
  if (installedPlugin() === undefined) return "the Docker plugin of Pulumi is not installed";
  for (const reference of images) {
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

/** The third-party images of a stack of samples on an engine, with its tools or without. */
export function imagesOfStack({ devTools }: { readonly devTools: boolean }): readonly string[] {
  const settings = parseSettings({ "platform:source": "sample", "platform:devTools": String(devTools) });
  return [...new Set(stackImages(platform, settings).map(({ reference }) => reference))];
}

/** Why tests that need no more than the Pulumi CLI cannot run; undefined when they can. */
export async function missingForPulumi(): Promise<string | undefined> {
  return findPulumi(false).then(
    () => undefined,
    () => "the Pulumi CLI is not installed",
  );
}
