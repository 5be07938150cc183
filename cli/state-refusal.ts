import { existsSync, readFileSync } from "node:fs";
import { InputError } from "../core/problems.ts";
import { quoted } from "../core/shell.ts";
import { stateFile, stateProject } from "../infra/operate/state-file.ts";
import { projectRoot } from "../stacks/program.ts";

/** What lost its state, or cannot read it, in words that name the mend; undefined when Pulumi's words speak of something else. */
export function stateRefusal(text: string, stack: string): InputError | undefined {
  const [, damage] = /failed to load checkpoint: ([^\n]+)/.exec(text) ?? [];
  if (damage !== undefined) return damagedState(stack, damage);
  const [, place, why] =
    /unable to open state directory "([^"\n]+)"(?: \([^\n]*?\))?: ([^\n]+)/.exec(text) ?? [];
  if (place !== undefined)
    return unread(
      `${place} cannot be opened (${why?.replace(/^stat .*: /, "")})`,
      `name where the state lies: export PULUMI_BACKEND_URL=<url>; for the project's own folder: unset PULUMI_BACKEND_URL; for a new one: mkdir -p ${quoted(place.replace(/^file:\/\//, ""))}`,
    );
  if (/PULUMI_ACCESS_TOKEN must be set/.test(text))
    return unread(
      "it names a service that wants a login, and PULUMI_ACCESS_TOKEN is not set",
      "export PULUMI_ACCESS_TOKEN=<token>; or, for the project's own folder: unset PULUMI_BACKEND_URL",
    );
  // These change nothing, whatever else was wrong with them.
  const asked = /Command failed with exit code \d+: \S*pulumi (?:stack (?:select|export|ls)|config)\b/.test(
    text,
  );
  const [, words] = /^\s*(?:stderr: )?error: ([^\n]+)/m.exec(text) ?? [];
  if (!asked || words === undefined) return undefined;
  return unread(
    words,
    "correct what Pulumi says; its state is looked for at PULUMI_BACKEND_URL, without which it is the project's own folder",
  );
}

const unread = (message: string, fix: string): InputError =>
  new InputError("the stack's state cannot be read", [{ path: "PULUMI_BACKEND_URL", message, fix }]);

/** A file that a crash or a full disk cut short. Pulumi keeps the one before beside it. Source: Pulumi, `backend/diy/state.go`. */
function damagedState(stack: string, damage: string): InputError {
  const file = stateFile(stack, projectRoot);
  if (file === undefined)
    return unread(
      `the state of ${stack} there is damaged: ${damage}`,
      `put an earlier version of ${stateProject(projectRoot).name}/${stack}.json in its place`,
    );
  const before = `${file}.bak`;
  const otherwise = `mv ${quoted(file)} ${quoted(`${file}.damaged`)}, and see what is left: ./beat status`;
  return new InputError("the stack's state cannot be read", [
    {
      path: file,
      message: `is damaged: ${damage}`,
      fix: isWhole(before)
        ? `what it was before the last change: cp ${quoted(before)} ${quoted(file)}  (then: pulumi refresh)`
        : `put a copy of it in its place; where there is none: ${otherwise}`,
    },
  ]);
}

function isWhole(file: string): boolean {
  try {
    return file.endsWith(".gz.bak")
      ? existsSync(file)
      : (JSON.parse(readFileSync(file, "utf8")) as { checkpoint?: { latest?: unknown } }).checkpoint
          ?.latest !== undefined;
  } catch {
    return false;
  }
}
