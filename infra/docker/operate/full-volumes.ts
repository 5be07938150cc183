import type Docker from "dockerode";
import { type Check, failed, note, passed } from "../../operate/check.ts";
import { backupsVolume } from "../../workloads/of-backups.ts";
import { componentLabel, stackLabel } from "../labels.ts";
import { runInside } from "./inside.ts";

/** How long a container may take to say how full its volumes are; milliseconds. */
const patience = 5000;
/** A segment of Postgres' log and what a start writes, several times over; KiB. */
const least = 64 * 1024;
/** A small volume is not full for being small. */
const leastShare = 0.1;

/** A volume with no room left. */
export interface FullVolume {
  /** The part that mounts it. */
  readonly part: string;
  readonly volume: string;
  /** How much is left, for a person. */
  readonly left: string;
}

/**
 * The volumes of a stack that have no room left, as the containers see it that run: the disk below may be one that this machine
 * does not know. A store goes on without writing then, and says that it is healthy; started anew it may not come up.
 */
export async function fullVolumes(engine: Docker, prefix: string): Promise<FullVolume[]> {
  const running = await engine.listContainers({ filters: { label: [`${stackLabel}=${prefix}`] } });
  const found = await Promise.all(
    running.map(async ({ Id, Labels, Mounts, State }) => {
      const mounts = Mounts.filter(({ Type }) => Type === "volume");
      if (State !== "running" || mounts.length === 0) return [];
      // An image may have no df, and a container may go while it is asked.
      const said = await runInside(
        engine,
        Id,
        ["df", "-Pk", ...mounts.map(({ Destination }) => Destination)],
        patience,
      ).catch(() => ({ output: "" }));
      return fullOf(said.output).flatMap(({ path, left }) => {
        const volume = mounts.find(({ Destination }) => Destination === path)?.Name;
        return volume === undefined ? [] : [{ part: Labels[componentLabel] ?? Id, volume, left }];
      });
    }),
  );
  return found.flat();
}

/** Those of POSIX `df -Pk` that have no room left. */
export const fullOf = (said: string): { readonly path: string; readonly left: string }[] =>
  said.split("\n").flatMap((line) => {
    const [, size, used, free, path] = /\s(\d+)\s+(\d+)\s+(\d+)\s+\S+%\s+(\/.*?)\s*$/.exec(line) ?? [];
    if (path === undefined || Number(free) >= least) return [];
    // What is kept for root counts to the size, and not to what can be used.
    if (Number(free) >= leastShare * (Number(used) + Number(free))) return [];
    return [{ path, left: `${inMiB(free)} of ${inMiB(size)} MiB left` }];
  });

const inMiB = (kib: string | undefined): number => Math.floor(Number(kib) / 1024);

/**
 * Whether there is room in the stack's volumes: an `up` that starts a store anew on a full one takes it away. Where only backups
 * find none a setting may be the mend, which needs an `up`.
 */
export async function checkVolumes(engine: Docker, prefix: string): Promise<Check[]> {
  const full = await fullVolumes(engine, prefix);
  // What saves a volume mounts it, too.
  const volumes = new Map(full.map((each) => [each.volume, each]));
  if (volumes.size === 0) return [passed("room", "in every volume that is in use")];
  return [...volumes.values()].map(({ part, volume, left }) => {
    const name = `volume ${volume}`;
    const where = `docker volume inspect ${volume} tells where it lies, docker system df what takes the room`;
    if (volume === `${prefix}-${backupsVolume}`)
      return note(
        name,
        `is full (${left}): nothing more is saved; lower platform:backups.keep, or free some; ${where}`,
      );
    return failed(name, {
      path: volume,
      message: `is full (${left}): ${part} can write no more, and may not come up when it is started anew`,
      fix: `free some space on its disk, or give that more; ${where}`,
    });
  });
}
