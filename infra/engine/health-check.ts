import type { Health } from "../../core/workload.ts";
import { healthTest, restartingTest, restingTest, unparted } from "./probes.ts";

/** A health check as an engine knows it; Docker and Compose spell it alike. */
export interface HealthCheck {
  readonly test: readonly string[];
  /** Between two probes; also the time until the first one. */
  readonly interval: string;
  readonly timeout: string;
  readonly retries: number;
  readonly startPeriod: string;
  /** Between two probes of the start period, until one has passed. */
  readonly startInterval?: string;
}

/** In what an engine differs from others. */
export interface EngineTraits {
  /** It has an interval of its own for a container that starts (Docker 25, API 1.44); else the probe itself rests. */
  readonly startInterval: boolean;
  /** It is Podman: it parts the words of a probe at their spaces. */
  readonly podman?: boolean;
}

/** How an engine is asked to probe. */
export interface HealthCheckOptions extends EngineTraits {
  /** How long what is told to end may take, seconds; default: 10, as an engine's own. */
  readonly stopGraceSeconds?: number;
}

/** How much longer than its start a container may take until a deployment gives it up, seconds. */
export const graceSeconds = 30;

const startSeconds = 2;
const restSeconds = 30;
const answerSeconds = 5;
/** Failures in a row, past the start, that make a container unhealthy. */
const retries = 3;
/** What a busy engine may take beside to start a probe that limits itself. */
const slackSeconds = 20;

/** Go's spelling of a duration, as an engine's clients read it back. */
function duration(seconds: number): string {
  if (seconds < 1) return `${seconds * 1000}ms`;
  const parts = { h: Math.floor(seconds / 3600), m: Math.floor((seconds % 3600) / 60), s: seconds % 60 };
  if (parts.h > 0) return `${parts.h}h${parts.m}m${parts.s}s`;
  return parts.m > 0 ? `${parts.m}m${parts.s}s` : `${parts.s}s`;
}

/**
 * How an engine asks for a workload's health: often while it starts, seldom once it is ready, for each probe starts a process.
 * @returns undefined when its image has nothing to ask with.
 */
export function healthCheckOf(
  health: Health | undefined,
  { startInterval, podman = false, stopGraceSeconds = 10 }: HealthCheckOptions = { startInterval: false },
): HealthCheck | undefined {
  const ready = health && healthTest(health.ready);
  if (health === undefined || ready === undefined) return undefined;
  const test =
    health.endsOn === undefined
      ? ready
      : restartingTest(ready, health.ready, health.endsOn, stopGraceSeconds);
  const spelled = (words: readonly string[]) => (podman ? unparted(words) : words);
  const every = health.everySeconds ?? startSeconds;
  const rest = Math.max(every, health.restSeconds ?? restSeconds);
  const answer = health.timeoutSeconds ?? answerSeconds;
  if (startInterval)
    return {
      test: spelled(test),
      interval: duration(rest),
      timeout: duration(answer),
      retries,
      // As long as anybody waits for it: after that the engine asks seldom, and would be late to tell.
      startPeriod: duration(health.startupSeconds + graceSeconds),
      startInterval: duration(every),
    };
  const resting = restingTest(test, health.ready, {
    restSeconds: Math.floor(rest - every),
    answerSeconds: answer,
  });
  return {
    test: spelled(resting ?? test),
    interval: duration(every),
    timeout: duration(resting === undefined ? answer : rest + answer + slackSeconds),
    retries,
    // Failures count from here on, or from the first success: a slow start has its time, and what hangs later is told soon. Never
    // nought: that counts as not said, and the engine would take the image's own, in which each refresh sees a difference.
    startPeriod: duration(Math.max(1, Math.ceil(health.startupSeconds))),
  };
}
