import { confirm, isCancel } from "@clack/prompts";
import { InputError } from "../core/problems.ts";

/** What is asked before something that cannot be taken back. */
export interface Question {
  readonly message: string;
  /** The option it belongs to, and what that does; for the refusal where nobody can be asked. */
  readonly path: string;
  readonly consequence: string;
  readonly yes: boolean;
}

/** Whether to go on. @throws {InputError} when there is no terminal and `--yes` was not said. */
export async function confirmed({ message, path, consequence, yes }: Question): Promise<boolean> {
  if (yes) return true;
  if (!process.stdin.isTTY)
    throw new InputError("nothing was done", [{ path, message: consequence, fix: "say --yes as well" }]);
  const answer = await confirm({ message, initialValue: false });
  return !isCancel(answer) && answer;
}
