import * as docker from "@pulumi/docker";
import { DockerPlatform, type DockerPlatformArgs } from "../infra/docker/deploy/docker-platform.ts";
import { withScheme } from "../infra/engine/address.ts";

/** Deploys the platform to a container engine and returns the stack's outputs. */
export function deployToEngine(args: DockerPlatformArgs): Record<string, unknown> {
  const { platform, settings } = args;
  // Without an address the provider takes DOCKER_HOST, or the default socket.
  const engine =
    settings.engine === undefined
      ? undefined
      : new docker.Provider("engine", { host: withScheme(settings.engine) });
  const deployed = new DockerPlatform(
    platform.name,
    args,
    engine === undefined ? {} : { providers: { docker: engine } },
  );
  return { urls: deployed.urls };
}
