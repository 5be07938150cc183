import type { Stack, UpOptions, UpResult } from "@pulumi/pulumi/automation/index.js";
import type { Session } from "./session.ts";
import { stateOf } from "./workspace.ts";

/** What a refresh must leave out now; undefined where it may look at everything. */
export const settledIn = async ({ target, stack, name }: Pick<Session, "target" | "stack" | "name">) =>
  target.settled(await stateOf(stack.workspace, name));

/** Brings a stack up after a look at what is there: a container that somebody removed or stopped is only noticed by that. */
export async function upRefreshed(
  session: Pick<Session, "target" | "stack" | "name">,
  stack: Stack,
  options: Omit<UpOptions, "refresh">,
): Promise<UpResult> {
  const settled = await settledIn(session);
  if (settled === undefined) return stack.up({ ...options, refresh: true });
  await stack.refresh({ ...options, exclude: [...settled] });
  return stack.up(options);
}
