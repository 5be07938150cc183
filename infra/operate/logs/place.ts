import type { LogLine } from "../../../core/log-records.ts";

/** One log: of a container of a stack. */
export interface LogSource {
  /** Another one for each container, whatever it is called. */
  readonly id: string;
  /** The part of the platform, e.g. `core-service`. */
  readonly part: string;
  /** Other names of it: of the container, or the pod. */
  readonly aliases: readonly string[];
  /** What tells it from its like: the pod, where a part may have several. */
  readonly label: string;
  /** It only goes with another one: a sidecar, or what prepares a pod. */
  readonly beside?: boolean;
  /** Its container runs, and so may write more. */
  readonly runs: boolean;
  /** Another one after each start and end: then there may be lines more. */
  readonly life: string;
  /** Its lines, in their order. Ends with them, or, where they are followed, when the container does. */
  lines(options: ReadOptions): AsyncIterable<LogLine>;
}

/** Which lines of a log are wanted. */
export interface ReadOptions {
  /** From this time on, milliseconds since 1970; some before may come as well. */
  readonly since?: number | undefined;
  /** So many lines of the past, where none to come are wanted; default: all. */
  readonly tail?: number | undefined;
  /** Lines to come, too. */
  readonly follow: boolean;
  /** It was read up to `since` before. */
  readonly resumed: boolean;
  readonly signal: AbortSignal;
}

/** Where a stack's logs are. */
export interface LogPlace {
  /** All logs that there are now. */
  sources(): Promise<readonly LogSource[]>;
  /** Waits until there may be others, or one has begun or ended; also for a while, and until nobody wants to know any more. */
  change(signal: AbortSignal): Promise<void>;
}
