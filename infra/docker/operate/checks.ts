import { statfs } from "node:fs/promises";
import { createServer } from "node:net";
import type Docker from "dockerode";
import type { PlatformModel } from "../../../config/define/model.ts";
import { bindOf } from "../../../config/settings/bind.ts";
import { observabilityOf } from "../../../config/settings/observability.ts";
import type { DockerSettings, Settings } from "../../../config/settings/schema.ts";
import { stackImages } from "../../../config/stack-images.ts";
import { urlHost } from "../../../core/addresses.ts";
import { gatewayName } from "../../../core/names.ts";
import { storePorts } from "../../../stores/index.ts";
import type { HostPort } from "../../../stores/store.ts";
import { engineNamedBy } from "../../engine/address.ts";
import { isPodman } from "../../engine/traits.ts";
import { type Check, failed, passed } from "../../operate/check.ts";
import type { StackState, StateResource } from "../../operate/stack-state.ts";
import { stackLabel } from "../labels.ts";
import { containersOf } from "./engine.ts";

const leastFreeBytes = 5 * 1024 ** 3;

/** Whether the engine answers. @param setting the stack's `platform:engine`, which wins over everything else. */
export async function checkEngine(
  engine: Docker,
  address: string | undefined,
  setting?: string,
): Promise<Check> {
  try {
    const version = await engine.version();
    const of = `${address ?? "default address"}, version ${version.Version}`;
    return passed(
      "engine",
      isPodman(version)
        ? `${of} of Podman, whose health checks systemd runs: without it nothing gets healthy`
        : of,
    );
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    const namedBy = setting === undefined ? engineNamedBy() : "platform:engine";
    return failed("engine", {
      path: address ?? "container engine",
      message: `does not answer (${reason})${namedBy === undefined ? "" : `; ${namedBy} names it`}`,
      fix: `start it there, or ${otherEngine(namedBy)}`,
    });
  }
}

/** How another engine is named where this one was named so: something that loses against it would change nothing. */
function otherEngine(namedBy: string | undefined): string {
  if (namedBy === "platform:engine")
    return "name another: pulumi config set platform:engine <address>; for the one that docker uses: pulumi config rm platform:engine";
  if (namedBy === "DOCKER_HOST")
    return "name another: DOCKER_HOST=<address>; for the usual one: unset DOCKER_HOST";
  if (namedBy === "DOCKER_CONTEXT")
    return "name another: DOCKER_CONTEXT=<name> (docker context ls); for the usual one: unset DOCKER_CONTEXT";
  if (namedBy === undefined || namedBy === "CONTAINER_TOOL")
    return "name another: DOCKER_HOST=<address>, or docker context use <name>; Docker is started by systemctl start docker, Podman by systemctl start podman.socket";
  return "name another: docker context use <name>, or DOCKER_HOST=<address>";
}

/** Whether this is the engine that has the stack's volumes; without one nothing is known. @param state is read only where it matters. */
export async function checkHome(
  engine: Docker,
  prefix: string,
  address: string | undefined,
  state: () => Promise<StackState>,
): Promise<Check> {
  const { Volumes } = await engine.listVolumes();
  const there = Volumes ?? [];
  const name = "volumes";
  if (there.some(({ Labels }) => Labels?.[stackLabel] === prefix))
    return passed(name, "the stack's are on this engine");
  const { resources } = await state();
  const known = resources
    .filter(({ type, retainOnDelete }) => type === "docker:index/volume:Volume" && retainOnDelete !== true)
    .flatMap(({ id }) => id ?? []);
  if (known.length === 0) return passed(name, "the stack has none yet");
  // One that an operator made first does not bear the stack's label.
  if (there.some(({ Name }) => known.includes(Name))) return passed(name, "the stack's are on this engine");
  return failed(name, {
    path: address ?? "container engine",
    message: `has none of the stack's volumes (${known.join(", ")}): it was made on another engine, or they were removed`,
    fix: `name its engine (DOCKER_HOST, docker context use, or platform:engine); where its data is gone for good: pulumi stack rm ${stackOf(resources)} --force --preserve-config, then ./beat up`,
  });
}

/** The stack's name, which every URN bears. */
const stackOf = ([resource]: readonly StateResource[]): string =>
  resource?.urn.split("::")[0]?.split(":").pop() ?? "";

/** Whether there is room for images and data. */
export async function checkDisk(directory: string): Promise<Check> {
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  const shown = `${(free / 1024 ** 3).toFixed(1)} GiB free`;
  return free >= leastFreeBytes
    ? passed("disk", shown)
    : failed("disk", {
        path: directory,
        message: `only ${shown}, 5 GiB are needed`,
        fix: "docker system prune, or free some space",
      });
}

/** Whether every published port is free, or held by this stack already. */
export async function checkPorts(engine: Docker, settings: DockerSettings, prefix: string): Promise<Check[]> {
  const { services, dashboards, ...ports } = settings.ports;
  const tools = Object.entries<HostPort>(storePorts).flatMap(([name, { tool }]) => (tool ? [name] : []));
  const wanted = [
    ...Object.entries(ports).filter(([name]) => settings.devTools || !tools.includes(name)),
    ...(observabilityOf(settings).dev ? [["dashboards", dashboards] as const] : []),
    ...Object.entries(services).map(([name, port]) => [`services.${name}`, port] as const),
  ];
  const ours = new Set((await containersOf(engine, prefix)).flatMap((container) => container.ports));
  return Promise.all(
    wanted
      .filter((entry): entry is [string, number] => entry[1] !== false)
      .map(async ([name, port]) => {
        const address = bindOf(settings, name === gatewayName ? "gateway" : "store");
        const refusal = ours.has(port) ? undefined : await refusalOf(address, port);
        if (refusal === undefined) return passed(`port ${port}`, name);
        // An engine that runs as somebody else may listen there all the same.
        if (refusal === "EACCES")
          return passed(`port ${port}`, `${name}; not tried, for this user may not listen there`);
        return failed(`port ${port}`, {
          path: `platform:ports.${name}`,
          message: `${urlHost(address)}:${port} ${refusal === "EADDRINUSE" ? "is taken by another program" : `cannot be published (${refusal})`}`,
          fix: `stop it (ss -ltnp 'sport = :${port}' names it), or: pulumi config set --path platform:ports.${name} <other port>`,
        });
      }),
  );
}

/** Why nobody can listen there; undefined where somebody can. */
function refusalOf(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
      .once("error", ({ code = "" }: NodeJS.ErrnoException) => resolve(code))
      .listen(port, host, () => server.close(() => resolve(undefined)));
  });
}

/** Whether every image is on the engine or in a registry that answers. */
export async function checkImages(
  engine: Docker,
  platform: PlatformModel,
  settings: Settings,
): Promise<Check[]> {
  const wanted = stackImages(platform, settings).map(({ path, reference, of, built }) => ({
    path,
    reference,
    fix:
      "image" in of
        ? "check the reference and the network, or set platform:images.mirror"
        : built
          ? "./beat images build"
          : `build or load it, or name another source (sample, image, git or path) for ${of.service}`,
  }));
  return Promise.all(
    wanted.map(async ({ path, reference, fix }) => {
      try {
        await engine.getImage(reference).inspect();
        return passed(`image ${reference}`, "on the engine");
      } catch {
        // Not here; perhaps a registry has it.
      }
      if (!reference.startsWith("localhost/"))
        try {
          await engine.getImage(reference).distribution();
          return passed(`image ${reference}`, "in its registry");
        } catch {
          // Neither.
        }
      return failed(`image ${reference}`, {
        path,
        message: `${reference} is neither on the engine nor in a registry that answers`,
        fix,
      });
    }),
  );
}
