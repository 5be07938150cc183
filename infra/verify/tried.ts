/** What came of one thing that was tried. */
export interface Tried {
  /** What kind of thing it is: `route`, `health`, … */
  readonly what: string;
  readonly name: string;
  readonly result: "passed" | "failed" | "skipped";
  readonly ms: number;
  /** What was seen; why it failed; why it was not tried. */
  readonly detail: string;
}

/** Something is not as it should be; the message says what was seen. */
export class Failed extends Error {
  override readonly name = "Failed";
}

/** Something could not be tried in this stack; the message says why. */
export class Skipped extends Error {
  override readonly name = "Skipped";
}

/** Tries one thing. @param look returns what was seen, or throws {@link Failed} or {@link Skipped}. */
export async function tried(what: string, name: string, look: () => Promise<string>): Promise<Tried> {
  const start = performance.now();
  const end = (result: Tried["result"], detail: string): Tried => ({
    what,
    name,
    result,
    ms: Math.round(performance.now() - start),
    detail,
  });
  try {
    return end("passed", await look());
  } catch (error) {
    if (error instanceof Skipped) return end("skipped", error.message);
    // Whatever kept it from being seen: it has not been seen to work.
    return end("failed", error instanceof Error ? error.message : String(error));
  }
}

/** Asks again until it passes, or its time is over. @param ended asks no more from then on. @throws what it threw last. */
export async function until(
  seconds: number,
  look: () => Promise<string>,
  ended?: AbortSignal,
): Promise<string> {
  const deadline = performance.now() + seconds * 1000;
  for (;;)
    try {
      return await look();
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      if (ended?.aborted) throw error;
      if (performance.now() >= deadline)
        throw seconds === 0 ? error : new Failed(`${error.message}, for ${seconds} s`);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
}
