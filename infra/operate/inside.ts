import type { Runtime } from "../workloads/runtime.ts";

/** A container of a stack, wherever it runs. */
export interface Place {
  /** The workload's name. */
  readonly workload: string;
  /** A container that goes with it in its pod; default: its own. */
  readonly container?: string;
}

/** What a command came to in one member of a workload. */
export interface Ran {
  readonly member: string;
  /** Undefined: the member does not run, and `output` says how it is. */
  readonly code: number | undefined;
  readonly output: string;
}

/** A way to a stack's gateway. */
export interface Way {
  /** A URL without a path. */
  readonly base: string;
  /** In words, where it is not the address that people use. */
  readonly note?: string;
  close(): void;
}

/** How one gets into a running stack without changing it. */
export interface Inside {
  readonly runtime: Runtime;
  /** Runs a command in every member of a workload, for at most 20 s; none where there is no such member. */
  run(place: Place, command: readonly string[]): Promise<readonly Ran[]>;
  /** @param urls what the stack says of where it answers. @throws {InputError} when there is no way from here. */
  gateway(urls: Readonly<Record<string, string>>): Promise<Way>;
}

/** How long a command may take, milliseconds. */
export const longestCommand = 20_000;

/** What became of a command within its time; after it, a result that says so. */
export async function inTime(member: string, result: Promise<Ran>): Promise<Ran> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Ran>((resolve) => {
    const output = `no result within ${longestCommand / 1000} s`;
    timer = setTimeout(() => resolve({ member, code: -1, output }), longestCommand);
  });
  try {
    return await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
  }
}
