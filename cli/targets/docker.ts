import { backupNotes } from "../../config/settings/backups.ts";
import { frontNotes } from "../../config/settings/front.ts";
import { observabilityNotes } from "../../config/settings/observability-notes.ts";
import type { DockerSettings } from "../../config/settings/schema.ts";
import type { Workload } from "../../core/workload.ts";
import { EngineBackups } from "../../infra/docker/operate/backups.ts";
import {
  checkDisk,
  checkEngine,
  checkHome,
  checkImages,
  checkPorts,
} from "../../infra/docker/operate/checks.ts";
import {
  containersOf,
  imageTags,
  lastLogLines,
  logOf,
  objectsOf,
  removeOwnImages,
} from "../../infra/docker/operate/engine.ts";
import { checkVolumes, fullVolumes } from "../../infra/docker/operate/full-volumes.ts";
import { EngineInside } from "../../infra/docker/operate/inside.ts";
import { checkLeftovers } from "../../infra/docker/operate/leftovers.ts";
import { EngineLogs } from "../../infra/docker/operate/logs.ts";
import { settledOn } from "../../infra/docker/operate/settled.ts";
import { EngineUsage } from "../../infra/docker/operate/usage.ts";
import { buildServiceImages } from "../../infra/images/build-services.ts";
import type { BackupOperations } from "../../infra/operate/backups.ts";
import { type Check, note } from "../../infra/operate/check.ts";
import type { Inside } from "../../infra/operate/inside.ts";
import { DeploymentError, missingParts, type PartState } from "../../infra/operate/parts.ts";
import type { Restoring } from "../../infra/operate/restoring.ts";
import type { StackState } from "../../infra/operate/stack-state.ts";
import { backupsVolume } from "../../infra/workloads/of-backups.ts";
import { workloadsOf } from "../../infra/workloads/plan.ts";
import { say } from "../output.ts";
import { stateOf } from "../workspace.ts";
import { mendOf, statusOf, type Target, type TargetArgs } from "./target.ts";

/** How long the published addresses may take to answer; milliseconds. */
const patience = 60_000;

/** A container engine. */
export class EngineTarget implements Target {
  readonly kind = "docker";
  readonly plugin = "docker";
  readonly #args: TargetArgs<DockerSettings>;

  constructor(args: TargetArgs<DockerSettings>) {
    this.#args = args;
  }

  place(): undefined {
    return undefined;
  }

  async reach(known?: StackState): Promise<Check[]> {
    const { engine, address, prefix, stack, name, settings } = this.#args;
    const reached = await checkEngine(engine, address, settings.engine);
    if (!reached.ok) return [reached];
    const state = async () => known ?? (await stateOf(stack.workspace, name));
    return [reached, await checkHome(engine, prefix, address, state)];
  }

  async checks(state: StackState): Promise<Check[]> {
    const { engine, prefix, settings, platform, root } = this.#args;
    const [disk, room, leftovers, ports, images] = await Promise.all([
      checkDisk(root),
      checkVolumes(engine, prefix),
      checkLeftovers(this.#args, state),
      checkPorts(engine, settings, prefix),
      checkImages(engine, platform, settings),
    ]);
    return [
      disk,
      ...room,
      ...[...frontNotes(settings), ...backupNotes(settings, platform), ...observabilityNotes(settings)].map(
        ({ name, text }) => note(name, text),
      ),
      ...leftovers,
      ...ports,
      ...images,
    ];
  }

  async adopt(): Promise<void> {}

  async beforeChecks(): Promise<void> {
    await buildServiceImages(this.#args, { onlyMissing: true });
  }

  /** No refresh notices a container that was paused: its settings are as they were, and its probes wait. */
  async afterChecks(): Promise<void> {
    const { engine, prefix } = this.#args;
    for (const { id, container, state } of await containersOf(engine, prefix)) {
      if (state !== "paused") continue;
      await engine.getContainer(id).unpause();
      say(`  ✔ container ${container} was paused, and goes on`);
    }
  }

  settled(state: StackState): Promise<readonly string[] | undefined> {
    return settledOn(this.#args.engine, this.#args.prefix, state);
  }

  assist(): () => void {
    return () => {};
  }

  async lastWords(resource: string): Promise<string | undefined> {
    const { engine, prefix } = this.#args;
    return (await logOf(engine, `${prefix}-${resource}`, 5)).filter((line) => line.trim() !== "").at(-1);
  }

  async untilAnswering(urls: Readonly<Record<string, string>>, ended?: AbortSignal): Promise<void> {
    const deadline = Date.now() + patience;
    for (const [name, url] of Object.entries(urls))
      for (;;) {
        if (ended?.aborted) return;
        const status = await statusOf(url);
        // Mongo Express wants a login: 401 is an answer.
        if ((status >= 200 && status < 400) || status === 401) break;
        if (Date.now() > deadline) {
          say(`✘ ${name}: ${url} answers ${status || "nothing"}`);
          for (const line of await this.explain()) say(`  ${line}`);
          throw new DeploymentError("the platform does not answer");
        }
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
  }

  async hasRemains(): Promise<boolean> {
    const { engine, prefix } = this.#args;
    return Object.values(await objectsOf(engine, prefix)).some((found) => found.length > 0);
  }

  async parts(state: StackState): Promise<PartState[]> {
    const { engine, prefix } = this.#args;
    const tags = await imageTags(engine, prefix);
    const full = await fullVolumes(engine, prefix);
    const containers = (await containersOf(engine, prefix)).map((container) => {
      const image = tags.get(container.image) ?? container.image;
      const told = full.filter(({ part }) => part === container.name);
      if (told.length === 0) return { ...container, image };
      const status = told.map(({ volume, left }) => `volume ${volume} is full: ${left}`).join("; ");
      return { ...container, image, ok: false, status: `${container.status}; ${status}` };
    });
    const wanted = this.planned();
    const known = new Set(state.resources.map(({ id }) => id));
    const killed = state.pending.length > 0 || containers.some(({ id }) => !known.has(id));
    const mend = mendOf(this.#args, killed ? "./beat down, then ./beat up" : "./beat up");
    return [
      ...containers,
      ...missingParts({ wanted, present: containers.map(({ name }) => name), state, mend }),
      ...(await new EngineBackups(this.#args).reports()),
    ];
  }

  async explain(): Promise<string[]> {
    const { engine, prefix } = this.#args;
    const lines: string[] = [];
    for (const container of await containersOf(engine, prefix).catch(() => [])) {
      if (container.ok) continue;
      lines.push(`${container.name}: ${container.status}`);
      for (const line of await lastLogLines(engine, container.id, 10)) lines.push(`  ${line}`);
    }
    return lines;
  }

  inside(): Inside {
    const { engine, prefix, settings } = this.#args;
    return new EngineInside(engine, prefix, settings);
  }

  restoring(): Promise<Restoring[]> {
    return new EngineBackups(this.#args).restoring();
  }

  async backups(): Promise<BackupOperations> {
    return new EngineBackups(this.#args);
  }

  logs(): EngineLogs {
    return new EngineLogs(this.#args.engine, this.#args.prefix);
  }

  usage(): EngineUsage {
    return new EngineUsage(this.#args.engine, this.#args.prefix);
  }

  planned(): Workload[] {
    const { platform, settings, prefix, transform } = this.#args;
    return workloadsOf(platform, { kind: "engine", settings, id: prefix, waitsForExit: false }, transform);
  }

  /**
   * Removes containers that carry the stack's label and are not in its state, the remains of a run that was killed: the
   * network cannot go while they are on it.
   */
  async beforeDown(): Promise<void> {
    const { engine, name, prefix, stack } = this.#args;
    const { resources, pending } = await stateOf(stack.workspace, name);
    const known = new Set(resources.map(({ id }) => id));
    for (const { id, container } of await containersOf(engine, prefix)) {
      if (known.has(id)) continue;
      await engine.getContainer(id).remove({ force: true, v: true });
      say(`  ✔ stray container ${container} removed`);
    }
    // Whatever was being created has just been removed, so the state may forget it; it would stop the next run.
    if (pending.length > 0) await stack.refresh({ clearPendingCreates: true, color: "never" });
  }

  /** Removes the rest of a run that was killed. */
  async afterDown(volumes: boolean): Promise<void> {
    const { engine, prefix } = this.#args;
    const found = await objectsOf(engine, prefix);
    for (const { id, name } of found.networks) {
      await engine.getNetwork(id).remove();
      say(`  ✔ stray network ${name} removed`);
    }
    if (volumes)
      for (const { name } of found.volumes) {
        await engine.getVolume(name).remove();
        say(`  ✔ volume ${name}, which the state did not know, removed`);
      }
    if (volumes) await removeOwnImages(engine, prefix);
    const kept = `${prefix}-${backupsVolume}`;
    const backups = await engine
      .getVolume(kept)
      .inspect()
      .catch(() => undefined);
    if (volumes && backups !== undefined)
      say(`  ! its backups are kept in the volume ${kept}; docker volume rm ${kept} deletes them`);
  }
}
