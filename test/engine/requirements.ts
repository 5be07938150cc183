import { readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { checkEngine } from "../../cli/doctor.ts";
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
  const plugins = join(process.env.PULUMI_HOME ?? join(homedir(), ".pulumi"), "plugins");
  const installed = await Promise.resolve()
    .then(() => readdirSync(plugins))
    .catch(() => []);
  if (!installed.some((name) => name.startsWith("resource-docker-v"))) return "docker plugin not installed";
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
