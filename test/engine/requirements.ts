import { checkEngine } from "../../cli/doctor.ts";
import { installedPlugin } from "../../cli/doctor-pulumi.ts";
import { engineAddress, openEngine } from "../../cli/engine.ts";
import { findPulumi } from "../../cli/workspace.ts";
import { imageReference } from "../../config/catalogue.ts";
import { imageNames } from "../../config/images.ts";

/** Why the engine layer cannot run on this machine; undefined when it can. */
export async function missingForEngine(): Promise<string | undefined> {
  const address = engineAddress();
  const engine = openEngine(address);
  if (!(await checkEngine(engine, address)).ok) return "no container engine answers";
  const pulumi = await missingForPulumi();
  if (pulumi !== undefined) return pulumi;
  if (installedPlugin() === undefined) return "the Docker plugin of Pulumi is not installed";
  for (const name of imageNames) {
    const reference = imageReference(name, { overrides: {} });
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

/** Why tests that need no more than the Pulumi CLI cannot run; undefined when they can. */
export async function missingForPulumi(): Promise<string | undefined> {
  return findPulumi(false).then(
    () => undefined,
    () => "the Pulumi CLI is not installed",
  );
}
