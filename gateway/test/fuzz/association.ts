import { runEpoch } from "./association/epoch.ts";
import { World } from "./association/world.ts";

export interface AssociationOptions {
  readonly seed: number;
  readonly seconds: number;
  /** Stops after so many findings. */
  readonly most?: number;
  /** Told of each epoch as it ends. */
  readonly onEpoch?: (line: string) => void;
  /** Told of each finding as it is made, also of those of a kind that the result leaves out. */
  readonly onFinding?: (finding: string) => void;
}

export interface AssociationResult {
  readonly runs: number;
  readonly findings: readonly string[];
  readonly summary: string;
}

/** What an epoch takes beside its load, milliseconds: the start, two rests and the drain. */
const overheadMs = 6_000;

/**
 * Whether each request gets its own answer, whole or visibly cut, and everything that is asked of a gateway is served.
 * Connection `i` does what `seed + i` says, so a finding is repeated by its own seed as far as time allows. Every second
 * epoch has two workers.
 */
export async function fuzzAssociation(options: AssociationOptions): Promise<AssociationResult> {
  const { seed, seconds, most = 10, onEpoch = () => {}, onFinding } = options;
  const world = new World(most, onFinding);
  const end = performance.now() + seconds * 1_000;
  for (let epoch = 0; !world.full; epoch++) {
    const left = end - performance.now() - overheadMs;
    if (epoch > 0 && left < 1_000) break;
    const loadMs = Math.min(20_000, Math.max(1_000, left) / 1.25);
    onEpoch(await runEpoch(world, { seed: seed + epoch * 1_000_000, workers: 1 + (epoch % 2), loadMs }));
  }
  return { runs: world.runs, findings: world.findings, summary: summaryOf(world) };
}

function summaryOf(world: World): string {
  const { sound, served, requests, runs, slowest, tally, kinds } = world;
  const share = sound === 0 ? "none" : `${((100 * served) / sound).toFixed(3)} %`;
  return [
    `${runs} connections, ${requests} requests, ${sound} of them sound: ${served} served (${share}), the slowest ${Math.round(slowest)} ms over what it asked for`,
    [...tally]
      .sort(([, a], [, b]) => b - a)
      .map(([reason, count]) => `${reason}: ${count}`)
      .join(", "),
    ...(kinds === "" ? [] : [`found: ${kinds}`]),
  ].join("\n");
}
