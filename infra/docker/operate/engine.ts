import type Docker from "dockerode";
import { logLines } from "../../../core/log-lines.ts";
import { ownPrograms } from "../../../core/workload.ts";
import { componentLabel, stackLabel } from "../labels.ts";

export { engineAddress, engineEnvironment } from "../../engine/address.ts";
export { openEngine } from "../../engine/client.ts";

/** One container of a stack. */
export interface ContainerState {
  readonly id: string;
  readonly name: string;
  readonly container: string;
  readonly image: string;
  readonly state: string;
  readonly status: string;
  /** Host ports it publishes. */
  readonly ports: readonly number[];
  /** Running and, where it is probed, healthy; a one-shot that has ended is fine too. */
  readonly ok: boolean;
}

/** The containers of a stack, whoever made them. */
export async function containersOf(engine: Docker, prefix: string): Promise<ContainerState[]> {
  const label = [`${stackLabel}=${prefix}`];
  const all = await engine.listContainers({ all: true, filters: { label } });
  const ill = await illAmong(engine, label, all);
  return all
    .map((info) => {
      const name = info.Labels[componentLabel] ?? info.Names[0]?.slice(1) ?? info.Id;
      const ended = info.State === "exited" && /^Exited \((0|143)\)/.test(info.Status);
      return {
        id: info.Id,
        name,
        container: info.Names[0]?.slice(1) ?? info.Id,
        image: info.Image,
        state: info.State,
        status: ill.has(info.Id) ? `${info.Status} (not healthy)` : info.Status,
        ports: info.Ports.flatMap(({ PublicPort }) => (PublicPort === undefined ? [] : [PublicPort])),
        ok: name.startsWith("provision-")
          ? ended || info.State === "running"
          : info.State === "running" && !/unhealthy|starting/.test(info.Status) && !ill.has(info.Id),
      };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Ids of those that are not healthy, or not yet, where the engine's list says nothing of health, as Podman's does. */
async function illAmong(
  engine: Docker,
  label: string[],
  all: readonly Docker.ContainerInfo[],
): Promise<ReadonlySet<string>> {
  if (all.length === 0 || all.some(({ Status }) => /\((un)?healthy\)|starting\)/.test(Status)))
    return new Set();
  const filters = { label, health: ["unhealthy", "starting"] };
  return new Set((await engine.listContainers({ all: true, filters })).map(({ Id }) => Id));
}

/** Names of images by id: a container made from an id does not know its image's name. The stack's own come first. */
export async function imageTags(engine: Docker, prefix: string): Promise<ReadonlyMap<string, string>> {
  const images = await engine.listImages();
  return new Map(
    images.flatMap(({ Id, RepoTags }) => {
      const tag = RepoTags?.find((name) => name.includes(prefix)) ?? RepoTags?.[0];
      return tag === undefined ? [] : [[Id, tag]];
    }),
  );
}

/** Removes the images that were built for a stack alone, but for those that something still uses. */
export async function removeOwnImages(engine: Docker, prefix: string): Promise<void> {
  const names = ownPrograms.map((program) => `localhost/${prefix}-${program}:latest`);
  const tags = (await engine.listImages()).flatMap(({ RepoTags }) => RepoTags ?? []);
  for (const name of names.filter((each) => tags.includes(each)))
    await engine
      .getImage(name)
      .remove()
      .catch((error: { statusCode?: number }) => {
        if (error.statusCode !== 404 && error.statusCode !== 409) throw error;
      });
}

/** The end of a container's log, with what its health check last said: what may be shown of it. */
export async function lastLogLines(engine: Docker, id: string, lines: number): Promise<string[]> {
  const container = engine.getContainer(id);
  const info = await container.inspect();
  const probe = info.State.Health?.Log?.at(-1)?.Output?.trim();
  const said = [...(await logOf(engine, id, lines)), ...(probe ? [`health check: ${probe}`] : [])];
  return said.flatMap((line) => logLines(line));
}

/** The end of a container's log. @param container its id or name. @throws when there is none. */
export async function logOf(engine: Docker, container: string, lines: number): Promise<string[]> {
  const log = await engine.getContainer(container).logs({ stdout: true, stderr: true, tail: lines });
  // Each chunk of a log without a terminal has an 8-byte head.
  return log
    .toString("utf8")
    .replace(/[\x01\x02]\x00{3}.{4}/gs, "")
    .trim()
    .split("\n");
}

/** Everything on the engine that carries a stack's label. */
export async function objectsOf(engine: Docker, prefix: string) {
  const filters = { label: [`${stackLabel}=${prefix}`] };
  const [containers, networks, volumes] = await Promise.all([
    containersOf(engine, prefix),
    engine.listNetworks({ filters }),
    engine.listVolumes({ filters }),
  ]);
  return {
    containers,
    networks: networks.map(({ Id, Name }) => ({ id: Id, name: Name })),
    volumes: (volumes.Volumes ?? []).map(({ Name }) => ({ name: Name })),
  };
}
