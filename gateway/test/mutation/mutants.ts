import { front } from "./front.ts";
import { messages } from "./messages.ts";
import type { Mutant } from "./mutant.ts";
import { passage } from "./passage.ts";

/** All deliberate breaks of the gateway. */
export const mutants: readonly Mutant[] = [...front, ...messages, ...passage];
