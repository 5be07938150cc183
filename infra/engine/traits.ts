import type Docker from "dockerode";
import semver from "semver";
import { InputError } from "../../core/problems.ts";
import { engineAddress } from "./address.ts";
import { openEngine } from "./client.ts";
import type { EngineTraits } from "./health-check.ts";

/** How long a busy engine may take to say its version, milliseconds. */
const longest = 60_000;

/** What is said of an address where there is no engine, or none for this user: nothing can be changed there. */
const nobody = new Set(["ECONNREFUSED", "ENOENT", "EACCES", "EPERM"]);

/** Whether an engine is Podman, by what it says of its version. */
export const isPodman = ({ Components }: Pick<Docker.DockerVersion, "Components">): boolean =>
  Components?.some(({ Name }) => /podman/i.test(Name)) ?? false;

/**
 * In what an engine differs from others. Where there is none the provider says why.
 * @param address where it is; undefined for the one that other programs would use.
 * @param patience until it is given up, milliseconds.
 * @throws {InputError} when one that is there does not say: another answer than last time's would replace every container.
 * Source: Docker Engine API, version history, v1.44. Podman, which says an API of its own, has no interval for a start, and
 * parts a probe's words at their spaces: pkg/api/handlers/compat/containers_create.go; seen with 4.3 and 5.4.
 */
export async function traitsOf(address: string | undefined, patience = longest): Promise<EngineTraits> {
  const engine = openEngine(address ?? engineAddress());
  const over = AbortSignal.timeout(patience);
  const late = new Promise<never>((_, reject) => {
    over.addEventListener("abort", () => reject(new Error(`no answer within ${patience / 1000} s`)));
  });
  try {
    const answer = await Promise.race([engine.version(), late]);
    if (isPodman(answer)) return { startInterval: false, podman: true };
    return { startInterval: semver.gte(semver.coerce(answer.ApiVersion) ?? "0.0.0", "1.44.0") };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== undefined && nobody.has(code)) return { startInterval: false };
    throw new InputError("the container engine does not say its version", [
      {
        path: address === undefined ? "DOCKER_HOST" : "platform:engine",
        message: `${message}; how health is checked depends on it, so nothing has been changed`,
        fix: "try again once `docker version` answers",
      },
    ]);
  }
}
