import * as docker from "@pulumi/docker";
import { DockerPlatform, type DockerPlatformArgs } from "../infra/docker/deploy/docker-platform.ts";
import { withScheme } from "../infra/engine/address.ts";
import { traitsOf } from "../infra/engine/traits.ts";
import { underMocks } from "../infra/graph/register.ts";

/** Deploys the platform to a container engine and returns the stack's outputs. */
export async function deployToEngine(
  args: Omit<DockerPlatformArgs, "engine">,
): Promise<Record<string, unknown>> {
  const { platform, settings } = args;
  // Under mocks there is none to ask.
  const traits = underMocks() ? { startInterval: true } : await traitsOf(settings.engine);
  // Without an address the provider takes DOCKER_HOST, or the default socket.
  const engine =
    settings.engine === undefined
      ? undefined
      : new docker.Provider("engine", { host: withScheme(settings.engine) });
  const deployed = new DockerPlatform(
    platform.name,
    { ...args, engine: traits },
    engine === undefined ? {} : { providers: { docker: engine } },
  );
  return { urls: deployed.urls };
}
