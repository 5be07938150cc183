import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { componentLabel, type DockerTarget, stackLabel } from "./target.ts";

/** A file copied into the container before it starts; its content stays out of `docker inspect` and of images. */
export interface Upload {
  readonly file: string;
  readonly content: pulumi.Input<string>;
}

/** What differs between the platform's containers. */
export interface ManagedContainerArgs {
  /** The plain name: network alias and component label. */
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly image: pulumi.Input<string>;
  readonly command?: readonly string[];
  readonly env?: Readonly<Record<string, pulumi.Input<string>>>;
  readonly uploads?: readonly Upload[];
  readonly ports?: readonly { readonly internal: number; readonly external: number | false }[];
  readonly volumes?: readonly { readonly volume: pulumi.Input<string>; readonly path: string }[];
  readonly health?: HealthCheck;
  readonly memoryMiB: number;
  /** Seconds between SIGTERM and SIGKILL. */
  readonly stopGraceSeconds: number;
  /** A one-shot ends by itself and is not started again. */
  readonly oneShot?: boolean;
  readonly readOnly?: boolean;
  /** Drop every Linux capability; off for images whose entry point changes user. */
  readonly dropCapabilities?: boolean;
}

/** A health check in the engine's terms. */
export interface HealthCheck {
  readonly test: readonly string[];
  /** Seconds between probes; also the time until the first one. */
  readonly intervalSeconds?: number;
  readonly timeoutSeconds?: number;
  /** Longest time until healthy, seconds. */
  readonly startupSeconds: number;
}

/** Go's spelling of a duration, as the provider reads it back from the engine. */
const duration = (seconds: number): string => (seconds < 1 ? `${seconds * 1000}ms` : `${seconds}s`);

/**
 * A container with the rules of this platform. Each guards against something the Docker provider does behind one's
 * back: a changed health check is shown as updated but stays (so it replaces), containers are killed at once unless
 * a grace is set, `memory` without an equal `memorySwap` shows a difference for ever, and `tmpfs`, `init` and the
 * grace are neither updated nor replaced.
 */
export function managedContainer(
  target: DockerTarget,
  args: ManagedContainerArgs,
  opts: pulumi.CustomResourceOptions,
): docker.Container {
  const { settings, prefix } = target;
  const env = Object.entries(args.env ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return new docker.Container(
    args.name,
    {
      name: `${prefix}-${args.name}`,
      hostname: args.name,
      image: args.image,
      ...(args.command && { command: [...args.command] }),
      envs: env.map(([name, value]) => pulumi.interpolate`${name}=${value}`),
      uploads: (args.uploads ?? []).map(({ file, content }) => ({ file, content, permissions: "0444" })),
      ports: (args.ports ?? [])
        .filter((port): port is { internal: number; external: number } => port.external !== false)
        .map(({ internal, external }) => ({ internal, external, ip: settings.bind, protocol: "tcp" })),
      volumes: (args.volumes ?? []).map(({ volume, path }) => ({ volumeName: volume, containerPath: path })),
      networkMode: "bridge",
      networksAdvanced: [{ name: target.network.name, aliases: [args.name, ...(args.aliases ?? [])] }],
      ...(args.health && {
        healthcheck: {
          tests: [...args.health.test],
          interval: duration(args.health.intervalSeconds ?? 2),
          timeout: `${args.health.timeoutSeconds ?? 5}s`,
          startPeriod: "0s",
          retries: Math.ceil(args.health.startupSeconds / (args.health.intervalSeconds ?? 2)),
        },
        wait: true,
        waitTimeout: args.health.startupSeconds + 30,
      }),
      restart: args.oneShot ? "no" : "unless-stopped",
      mustRun: !args.oneShot,
      init: true,
      memory: args.memoryMiB,
      memorySwap: args.memoryMiB,
      destroyGraceSeconds: args.stopGraceSeconds,
      stopTimeout: args.stopGraceSeconds,
      readOnly: args.readOnly ?? false,
      ...(args.dropCapabilities && { capabilities: { drops: ["ALL"] } }),
      securityOpts: ["no-new-privileges:true"],
      logDriver: "json-file",
      logOpts: { "max-size": "10m", "max-file": "3" },
      labels: [
        { label: stackLabel, value: prefix },
        { label: componentLabel, value: args.name },
      ],
    },
    {
      ...opts,
      deleteBeforeReplace: true,
      replaceOnChanges: ["healthcheck", "tmpfs", "init", "destroyGraceSeconds", "memory", "memorySwap"],
    },
  );
}
