import type { Session } from "./session.ts";
import { keptSecrets } from "./workspace.ts";

/** The stack's secrets, as far as they were known when it was opened. */
export const secretsOf = ({ state, settings }: Pick<Session, "state" | "settings">): string[] => [
  ...keptSecrets(state).values(),
  ...Object.values(settings.secrets),
  ...(settings.signingKey === undefined ? [] : [settings.signingKey]),
];
