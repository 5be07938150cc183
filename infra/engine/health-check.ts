import type { Health } from "../../core/workload.ts";
import { healthTest, restartingTest } from "./probes.ts";

/** A health check as an engine knows it; Docker and Compose spell it alike. */
export interface HealthCheck {
  readonly test: readonly string[];
  /** Between two probes; also the time until the first one. */
  readonly interval: string;
  readonly timeout: string;
  readonly retries: number;
}

/** Go's spelling of a duration, as an engine's clients read it back. */
const duration = (seconds: number): string => (seconds < 1 ? `${seconds * 1000}ms` : `${seconds}s`);

/** How an engine asks for a workload's health; undefined when its image has nothing to ask with. */
export function healthCheckOf(health: Health | undefined): HealthCheck | undefined {
  const ready = health && healthTest(health.ready);
  if (health === undefined || ready === undefined) return undefined;
  const test = health.endsOn === undefined ? ready : restartingTest(ready, health.ready, health.endsOn);
  const every = health.everySeconds ?? 2;
  return {
    test,
    interval: duration(every),
    timeout: `${health.timeoutSeconds ?? 5}s`,
    retries: Math.ceil(health.startupSeconds / every),
  };
}
