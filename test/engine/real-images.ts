import type { PlatformModel } from "../../config/define/model.ts";
import { platform as realPlatform } from "../../config/platform.ts";
import type { DockerSettings } from "../../config/settings/schema.ts";
import { engineAddress, openEngine } from "../../infra/docker/operate/engine.ts";

const platform: PlatformModel = realPlatform;

/** The services whose code can be built by others than their teams; core stays the sample. */
export const candidates = ["auth-service", "messaging-service"] as const;
export type Candidate = (typeof candidates)[number];

/** The image that a service's definition names. */
export function imageOf(name: Candidate): string {
  const { repository, tag } = (platform.services[name] as PlatformModel["services"][string]).image;
  return `${repository}:${tag}`;
}

/** The services whose real image is on the engine: they are in no registry, somebody must have built them here. */
export async function realOnes(): Promise<readonly Candidate[]> {
  const engine = openEngine(engineAddress());
  const here = await Promise.all(
    candidates.map((name) =>
      engine
        .getImage(imageOf(name))
        .inspect()
        .then(
          () => true,
          () => false,
        ),
    ),
  );
  return candidates.filter((_, index) => here[index]);
}

/** A stack's `platform:services` in which these are real; every other one is its sample. */
export const sourcesFor = (real: readonly Candidate[]): DockerSettings["services"] =>
  Object.fromEntries(real.map((name) => [name, { source: { image: imageOf(name) } }]));
