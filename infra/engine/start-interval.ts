import semver from "semver";
import { engineAddress } from "./address.ts";
import { openEngine } from "./client.ts";

/** How long the engine may take to say its version, milliseconds; over SSH it takes some seconds. */
const patience = 15_000;

/**
 * Whether an engine has an interval of its own for a container that starts. What does not answer has none: the provider says why.
 * @param address where it is; undefined for the one that other programs would use.
 * Source: Docker Engine API, version history, v1.44. Podman, which says an API of its own, has none.
 */
export async function hasStartInterval(address: string | undefined): Promise<boolean> {
  try {
    const version = openEngine(address ?? engineAddress()).version();
    const late = new Promise<undefined>((resolve) => setTimeout(resolve, patience, undefined).unref());
    const answer = await Promise.race([version, late]);
    if (answer === undefined || answer.Components?.some(({ Name }) => /podman/i.test(Name))) return false;
    return semver.gte(semver.coerce(answer.ApiVersion) ?? "0.0.0", "1.44.0");
  } catch {
    return false;
  }
}
