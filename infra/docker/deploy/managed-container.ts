import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { bindOf } from "../../../config/settings/bind.ts";
import type { Workload } from "../../../core/workload.ts";
import { graceSeconds, healthCheckOf } from "../../engine/health-check.ts";
import { componentLabel, stackLabel } from "../labels.ts";
import type { DockerTarget } from "./target.ts";

/** What a container is made of beside its workload's own words. */
export interface ContainerParts {
  readonly image: pulumi.Input<string>;
  readonly env: Readonly<Record<string, pulumi.Input<string>>>;
  /** Copied into the container before it starts: their content stays out of `docker inspect` and of images. */
  readonly uploads: readonly { readonly file: string; readonly content: pulumi.Input<string> }[];
  readonly volumes: readonly { readonly volume: pulumi.Input<string>; readonly path: string }[];
}

/**
 * A container with the rules of this platform. Each guards against something the Docker provider does behind one's
 * back: a changed health check is shown as updated but stays (so it replaces), containers are killed at once unless
 * a grace is set, `memory` without an equal `memorySwap` shows a difference for ever, and `tmpfs`, `init` and the
 * grace are neither updated nor replaced.
 */
export function managedContainer(
  target: DockerTarget,
  workload: Workload,
  { image, env, uploads, volumes }: ContainerParts,
  opts: pulumi.CustomResourceOptions,
): docker.Container {
  const { settings, prefix } = target;
  const { name, host, memoryMiB, stopGraceSeconds, entrypoint, args, health, user, scratch } = workload;
  const check = healthCheckOf(health, { startInterval: target.startInterval, stopGraceSeconds });
  const job = "job" in workload.members;
  const sorted = Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1));
  return new docker.Container(
    name,
    {
      name: `${prefix}-${name}`,
      hostname: host,
      image,
      ...(entrypoint && { entrypoints: [...entrypoint] }),
      ...(args && { command: [...args] }),
      ...(user && { user: `${user.uid}:${user.gid ?? user.uid}` }),
      ...(scratch && { tmpfs: Object.fromEntries(scratch.map(({ path }) => [path, ""])) }),
      envs: sorted.map(([key, value]) => pulumi.interpolate`${key}=${value}`),
      uploads: uploads.map(({ file, content }) => ({ file, content, permissions: "0444" })),
      ports: workload.endpoints.flatMap(({ port, published }) =>
        published === undefined || published === false
          ? []
          : [{ internal: port, external: published, ip: bindOf(settings, workload.role), protocol: "tcp" }],
      ),
      volumes: volumes.map(({ volume, path }) => ({ volumeName: volume, containerPath: path })),
      networkMode: "bridge",
      networksAdvanced: [{ name: target.network.name, aliases: [host, ...(workload.aliases ?? [])] }],
      ...(check &&
        health && {
          healthcheck: {
            tests: [...check.test],
            interval: check.interval,
            timeout: check.timeout,
            startPeriod: check.startPeriod,
            ...(check.startInterval !== undefined && { startInterval: check.startInterval }),
            retries: check.retries,
          },
          wait: true,
          waitTimeout: health.startupSeconds + graceSeconds,
        }),
      restart: job ? "no" : "unless-stopped",
      mustRun: !job,
      init: true,
      memory: memoryMiB,
      memorySwap: memoryMiB,
      ...(workload.sharedMemoryMiB !== undefined && { shmSize: workload.sharedMemoryMiB }),
      destroyGraceSeconds: stopGraceSeconds,
      stopTimeout: stopGraceSeconds,
      readOnly: workload.readOnlyRoot ?? false,
      ...(workload.withoutCapabilities && { capabilities: { drops: ["ALL"] } }),
      securityOpts: ["no-new-privileges:true"],
      logDriver: "json-file",
      logOpts: { "max-size": "10m", "max-file": "3" },
      labels: [
        { label: stackLabel, value: prefix },
        { label: componentLabel, value: name },
      ],
    },
    {
      ...opts,
      deleteBeforeReplace: true,
      replaceOnChanges: ["healthcheck", "tmpfs", "init", "destroyGraceSeconds", "memory", "memorySwap"],
    },
  );
}
