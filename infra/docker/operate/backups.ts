import type Docker from "dockerode";
import type { PlatformModel } from "../../../config/define/model.ts";
import { type BackupPlan, backupsOf } from "../../../config/settings/backups.ts";
import type { Settings } from "../../../config/settings/schema.ts";
import { logLines } from "../../../core/log-lines.ts";
import { backupOf } from "../../../core/names.ts";
import { InputError } from "../../../core/problems.ts";
import { statusScript } from "../../../stores/backup-status.ts";
import { listScript } from "../../../stores/restore-frame.ts";
import { restoringScript } from "../../../stores/restore-status.ts";
import { type BackupReport, reportOf } from "../../operate/backup-report.ts";
import {
  type Backup,
  type BackupOperations,
  eachOf,
  parseList,
  type RestoreRequest,
  restoreArgs,
  sourceOfRequest,
  sourcesNamed,
} from "../../operate/backups.ts";
import { longestCommand } from "../../operate/inside.ts";
import { DeploymentError, type PartState } from "../../operate/parts.ts";
import type { Restoring } from "../../operate/restoring.ts";
import { type BackupSource, backupSources } from "../../workloads/backup-sources.ts";
import { containersOf } from "./engine.ts";
import { runInside } from "./inside.ts";

/** A stack on an engine whose stores are saved and restored. */
export interface EngineStack {
  readonly platform: PlatformModel;
  readonly settings: Settings;
  readonly engine: Docker;
  /** Name prefix of the stack on the engine. */
  readonly prefix: string;
}

/** The backups of a stack on an engine: everything is done inside the containers that save on schedule. */
export class EngineBackups implements BackupOperations {
  readonly #stack: EngineStack;
  readonly #all: readonly BackupSource[];

  constructor(stack: EngineStack) {
    this.#stack = stack;
    this.#all = backupSources(stack.platform, stack.settings, undefined);
  }

  save(store: string | undefined): Promise<string[]> {
    return eachOf(sourcesNamed(this.#all, store), (saved) =>
      this.#run(saved, "exec bash /run/backup/backup.sh"),
    );
  }

  async list(): Promise<Backup[]> {
    const all = sourcesNamed(this.#all, undefined);
    const { engine, prefix } = this.#stack;
    const running = (await containersOf(engine, prefix)).filter(({ state }) => state === "running");
    // All of them write one volume: whichever runs can be asked.
    const asked = all.find(({ component }) => running.some(({ name }) => name === component)) ?? all[0];
    const lines = await eachOf(asked === undefined ? [] : [asked], (saved) => this.#run(saved, listScript));
    return parseList(lines.join("\n"), this.#all);
  }

  verify(store: string | undefined): Promise<string[]> {
    return eachOf(sourcesNamed(this.#all, store), (saved) => this.#run(saved, saved.verify()));
  }

  examine(wish: RestoreRequest): void {
    sourceOfRequest(this.#all, wish);
  }

  restore(wish: RestoreRequest): Promise<string[]> {
    return eachOf([sourceOfRequest(this.#all, wish)], (saved) =>
      this.#run(saved, saved.restore(restoreArgs(wish, false)).script),
    );
  }

  /** What the last backups and drills came to, for the list of parts; nothing of containers that do not run. */
  async reports(): Promise<PartState[]> {
    const { engine, prefix, settings } = this.#stack;
    const plan = backupsOf(settings);
    if (plan === undefined) return [];
    const running = await containersOf(engine, prefix);
    const parts: PartState[] = [];
    for (const saved of this.#all) {
      const { source, component } = saved;
      const found = running.find(({ name, state }) => name === component && state === "running");
      if (found === undefined) continue;
      const { ok, text } = await this.#report(found.id, saved, plan).catch((error: Error) => ({
        ok: false,
        // It went while it was asked.
        text: `cannot be asked: ${error.message}`,
      }));
      parts.push({ name: `backup of ${source}`, ok, status: text, image: "" });
    }
    return parts;
  }

  /**
   * The restores that are under way. All that save write one volume: whichever runs can be asked, also where the settings save nothing
   * any more.
   */
  async restoring(): Promise<Restoring[]> {
    const { engine, prefix } = this.#stack;
    const asked = (await containersOf(engine, prefix)).find(
      ({ name, state }) => state === "running" && name.startsWith(backupOf("")),
    );
    if (asked === undefined) return [];
    // One that cannot be asked is about to be mended or taken away.
    const { output } = await runInside(
      engine,
      asked.id,
      ["bash", "-c", restoringScript],
      longestCommand,
    ).catch(() => ({ output: "" }));
    return [...output.matchAll(/^restoring (([^/\s]+)\/(\S+))$/gm)].map(([, of = "", store, part = ""]) => {
      const saved = this.#all.find((one) => one.store === store && one.parts.includes(part));
      return { of, end: `docker restart ${prefix}-${saved?.component ?? backupOf(store ?? "")}` };
    });
  }

  async #report(id: string, saved: BackupSource, plan: BackupPlan): Promise<BackupReport> {
    const { engine } = this.#stack;
    const { Created } = await engine.getContainer(id).inspect();
    const { code, output } = await runInside(engine, id, ["bash", "-c", statusScript(saved)], longestCommand);
    if (code !== 0) throw new Error(logLines(output).join("\n") || "the container does not answer");
    return reportOf(output, { plan, since: new Date(Created) });
  }

  async #run({ component }: BackupSource, script: string): Promise<string> {
    const { engine, prefix } = this.#stack;
    const found = (await containersOf(engine, prefix)).find(({ name }) => name === component);
    if (found?.state !== "running")
      throw new InputError("nothing was done", [
        {
          path: `container ${prefix}-${component}`,
          message: found === undefined ? "is not there" : `does not run: ${found.status}`,
          fix: "bring the stack up first: ./beat up",
        },
      ]);
    const { code, output } = await runInside(engine, found.id, ["bash", "-c", script]);
    // The engine went away, or its connection did: nobody has seen the end.
    if (code === null)
      throw new DeploymentError(
        [`${component}: how it ended is not known; see: ./beat status`, ...logLines(output)].join("\n"),
      );
    if (code !== 0) throw new DeploymentError([`${component} failed`, ...logLines(output)].join("\n"));
    return output;
  }
}
