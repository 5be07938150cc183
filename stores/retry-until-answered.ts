import { basename } from "node:path";

/** How long a store may refuse a password before it is believed: while it boots it may not know its users; seconds. */
const refusalPatience = 10;

/** A store that answers, and does not take the password it is given. */
export class CredentialsError extends Error {
  override readonly name = "CredentialsError";
}

/** How a store says that a password is wrong: waiting longer does not make it right. */
export interface Credentials {
  readonly refused: (error: unknown) => boolean;
  /** The file that holds the password; its last part is the secret's name. */
  readonly passwordFile: string;
}

/**
 * Calls `attempt` until it succeeds or `seconds` have passed, with a growing pause of at most half a second.
 * @throws {CredentialsError} when the store has refused for ten seconds on end; else the last error, when the time is up.
 */
export async function retryUntilAnswered<T>(
  seconds: number,
  attempt: () => Promise<T>,
  credentials?: Credentials,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  let refusedSince = Number.POSITIVE_INFINITY;
  for (let pause = 100; ; pause = Math.min(pause * 2, 500)) {
    try {
      return await attempt();
    } catch (error) {
      const now = Date.now();
      refusedSince = credentials?.refused(error) ? Math.min(refusedSince, now) : Number.POSITIVE_INFINITY;
      if (credentials !== undefined && now - refusedSince >= refusalPatience * 1000)
        throw new CredentialsError(
          `${(error as Error).message}; fix: make the secret ${basename(credentials.passwordFile)} what the store has`,
          { cause: error },
        );
      if (now + pause > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}
