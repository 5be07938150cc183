import { heedLeave } from "./leave.ts";
import { say } from "./output.ts";
import type { Session } from "./session.ts";

/**
 * Waits for what goes on in a container or a job whatever becomes of this process. Whoever leaves is told so.
 * @param words follow "interrupted, but".
 */
export async function waitBeside<T>(
  session: Pick<Session, "unmake">,
  words: string,
  body: () => Promise<T>,
): Promise<T> {
  let left = false;
  const heedless = heedLeave((code) => {
    left = true;
    say(`  ! interrupted, but ${words}`);
    // A stack that was made for this command alone goes with it.
    void session.unmake().finally(() => process.exit(code));
  });
  try {
    return await body();
  } finally {
    // Whatever it came to: who has left is told nothing more.
    if (left) await new Promise(() => {});
    heedless();
  }
}
