import { readdirSync, readFileSync } from "node:fs";

/**
 * The command lines of all processes that were seen while something ran; looks every few milliseconds. Empty where
 * the system has no /proc.
 */
export async function processesWhile<T>(
  run: () => Promise<T>,
): Promise<{ readonly result: T; readonly seen: readonly string[] }> {
  const seen = new Set<string>();
  const timer = setInterval(() => {
    let ids: string[] = [];
    try {
      ids = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));
    } catch {
      return;
    }
    for (const id of ids)
      try {
        seen.add(readFileSync(`/proc/${id}/cmdline`, "utf8").replaceAll("\0", " ").trim());
      } catch {
        // It has ended meanwhile.
      }
  }, 10);
  try {
    return { result: await run(), seen: [...seen] };
  } finally {
    clearInterval(timer);
  }
}
