import { setTimeout as sleep } from "node:timers/promises";

/**
 * Calls `attempt` until it succeeds or `seconds` have passed, with a growing pause of at most half a second.
 * @throws the last error, when the time is up.
 */
export async function untilAnswered<T>(seconds: number, attempt: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (let pause = 100; ; pause = Math.min(pause * 2, 500)) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() + pause > deadline) throw error;
      await sleep(pause);
    }
  }
}
