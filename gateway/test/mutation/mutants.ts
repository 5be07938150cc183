import { answers } from "./answers.ts";
import { connections } from "./connections.ts";
import { front } from "./front.ts";
import { messages } from "./messages.ts";
import type { Mutant } from "./mutant.ts";
import { passage } from "./passage.ts";
import { refusals } from "./refusals.ts";
import { requests } from "./requests.ts";
import { tunnels } from "./tunnels.ts";

/** All deliberate breaks of the gateway. */
export const mutants: readonly Mutant[] = [
  ...front,
  ...refusals,
  ...messages,
  ...requests,
  ...answers,
  ...passage,
  ...connections,
  ...tunnels,
];
