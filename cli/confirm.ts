import { confirm, isCancel, text } from "@clack/prompts";
import { InputError } from "../core/problems.ts";

/** What is asked before something that cannot be taken back. */
export interface Question {
  readonly message: string;
  /** The option it belongs to, and what that does; for the refusal where nobody can be asked. */
  readonly path: string;
  readonly consequence: string;
  readonly yes: boolean;
  /** The word that has to be typed; default: a plain yes or no. */
  readonly typed?: string;
  /** What to type where nobody can be asked. */
  readonly fix?: string;
}

/** Whether to go on. @throws {InputError} when there is no terminal and `--yes` was not said. */
export async function confirmed(question: Question): Promise<boolean> {
  const { message, path, consequence, yes, typed, fix = "say --yes as well" } = question;
  if (yes) return true;
  if (!process.stdin.isTTY) throw new InputError("nothing was done", [{ path, message: consequence, fix }]);
  if (typed === undefined) {
    const answer = await confirm({ message, initialValue: false });
    return !isCancel(answer) && answer;
  }
  const answer = await text({ message, placeholder: typed });
  return !isCancel(answer) && answer?.trim() === typed;
}
