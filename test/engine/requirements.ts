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
  try {
    await findPulumi(false);
  } catch {
    return "the Pulumi CLI is not installed";
  }
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
