import { dateOf, hasEnded, type Note, shown } from "./backup-notes.ts";
import type { BackupReport } from "./backup-report.ts";

/** How long one that has ended, and left nothing by halves, is told; milliseconds. */
const toldMs = 86_400_000;

/**
 * What is to be known of restores: one that is under way, one that was killed, and what the last of each part came to. One that
 * left a part by halves is told until another one of that is well.
 * @param lines has `restoring <store>/<part>` for each that is under way.
 */
export function restoreWords(all: readonly Note[], lines: string, now: Date): BackupReport[] {
  const under = new Set([...lines.matchAll(/^restoring (\S+)$/gm)].map(([, of = ""]) => of));
  const last = new Map(
    all.filter(({ what }) => what === "restore").map((note): [string, Note] => [note.of, note]),
  );
  return [...new Set([...last.keys(), ...under])].sort().flatMap((of) => {
    const note = last.get(of);
    if (under.has(of)) {
      // It tells of itself only once it has what it restores.
      const begun = note === undefined || hasEnded(note) ? "" : ` begun ${shown(note.time)}`;
      return [{ ok: true, text: `a restore of ${nameOf(of)}${begun} is running` }];
    }
    const words = note && endWords(note, now);
    return words === undefined ? [] : [words];
  });
}

const nameOf = (of: string): string => of.slice(of.indexOf("/") + 1);

/** What one that does not run any more came to; undefined when nobody need know any more. */
function endWords({ result, time, of, job }: Note, now: Date): BackupReport | undefined {
  const which = `the restore of ${nameOf(of)} begun ${shown(time)}`;
  const inJob = job === undefined ? "" : ` (job ${job})`;
  if (result === "replacing")
    return { ok: false, text: `${which} NEVER ENDED: it was killed; restore again` };
  if (result === "failed") return { ok: false, text: `${which} FAILED${inJob}: restore again` };
  if (now.getTime() - dateOf(time) > toldMs) return undefined;
  if (result === "ok") return { ok: true, text: `${which} ended well` };
  if (result === "begun") return { ok: true, text: `${which} was killed, and left nothing by halves` };
  return { ok: true, text: `${which} failed${inJob}, and changed nothing` };
}
