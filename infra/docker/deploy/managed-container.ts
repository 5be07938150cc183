import { isDeepStrictEqual } from "node:util";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { bindOf } from "../../../config/settings/bind.ts";
import type { Workload } from "../../../core/workload.ts";
import { graceSeconds, healthCheckOf } from "../../engine/health-check.ts";
import { componentLabel, stackLabel, toldLabel } from "../labels.ts";
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
  const check = healthCheckOf(health, { ...target.engine, stopGraceSeconds });
  const securityOpts = ["no-new-privileges:true"];
  const logOpts = { "max-size": "10m", "max-file": "3" };
  const tmpfs = scratch && Object.fromEntries(scratch.map(({ path }) => [path, ""]));
  const told = { label: toldLabel, value: JSON.stringify({ logOpts, tmpfs }) };
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
      ...(tmpfs && { tmpfs }),
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
      securityOpts,
      logDriver: "json-file",
      logOpts,
      labels: [
        { label: stackLabel, value: prefix },
        { label: componentLabel, value: name },
        ...(target.engine.podman ? [told] : []),
      ],
    },
    {
      ...opts,
      ...(target.engine.podman &&
        isAsTold(target.known(name), { securityOpts, told }) && { ignoreChanges: unsaid }),
      deleteBeforeReplace: true,
      replaceOnChanges: ["healthcheck", "tmpfs", "init", "destroyGraceSeconds", "memory", "memorySwap"],
    },
  );
}

/**
 * The properties that Podman says nothing of, or something else: the options of a log, and scratch space (4.3 gives some to a
 * read-only root). Each would replace the container at every `up`.
 */
const unsaid = ["logOpts", "tmpfs"];

/**
 * Whether a container was told what it is to be told now. What is ignored keeps its former value, for the next container, too: so
 * nothing may be ignored that has changed, or that was read back. Labels are never read back, security options are.
 */
const isAsTold = (
  known: Readonly<Record<string, unknown>> | undefined,
  { securityOpts, told }: { readonly securityOpts: readonly string[]; readonly told: object },
): boolean =>
  known !== undefined &&
  isDeepStrictEqual(known.securityOpts, securityOpts) &&
  [known.labels].flat().some((label) => isDeepStrictEqual(label, told));
