import type Docker from "dockerode";
import { CpuClock, type PartUsage, type UsageMeter } from "../../operate/top/usage.ts";
import { type ContainerState, containersOf } from "./engine.ts";

/** What an engine says of a container's use. Source: Docker Engine API, "Get container stats". */
interface Stats {
  readonly read?: string;
  readonly cpu_stats?: { readonly cpu_usage?: { readonly total_usage?: number } };
  readonly memory_stats?: {
    readonly usage?: number;
    readonly limit?: number;
    readonly stats?: Readonly<Record<string, number>>;
  };
}

/** Measures the containers of a stack. */
export class EngineUsage implements UsageMeter {
  readonly #engine: Docker;
  readonly #prefix: string;
  readonly #clock = new CpuClock();

  /** @param prefix what the stack is called on the engine. */
  constructor(engine: Docker, prefix: string) {
    this.#engine = engine;
    this.#prefix = prefix;
  }

  async measure(): Promise<readonly PartUsage[]> {
    const all = await containersOf(this.#engine, this.#prefix);
    return Promise.all(all.map((container) => this.#part(container)));
  }

  async #part({ id, name, ok, status, state }: ContainerState): Promise<PartUsage> {
    const container = this.#engine.getContainer(id);
    const part = { name, ok, status, ...(ok && state !== "running" && { ended: true }) };
    try {
      const { RestartCount: restarts } = await container.inspect();
      if (state !== "running") return { ...part, restarts };
      const stats = (await container.stats({ stream: false, "one-shot": true })) as Stats;
      return { ...part, restarts, ...this.#use(id, stats) };
    } catch {
      // It went while it was asked.
      return part;
    }
  }

  #use(id: string, { read, cpu_stats, memory_stats }: Stats): Partial<PartUsage> {
    const { usage, limit, stats = {} } = memory_stats ?? {};
    // What the kernel can take back at once is nobody's use: `docker stats` leaves it out as well.
    const cached = stats.inactive_file ?? stats.total_inactive_file ?? 0;
    const used = cpu_stats?.cpu_usage?.total_usage;
    return {
      cpu: used === undefined ? undefined : this.#clock.cores(id, used / 1e9, Date.parse(read ?? "")),
      memoryBytes: usage === undefined ? undefined : usage - cached,
      memoryLimitBytes: limit,
    };
  }
}
