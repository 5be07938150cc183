import type { Settings } from "../../config/settings/schema.ts";
import { administratorSecret, passwordName, signingKeyName } from "../../core/names.ts";
import { kindsWithLogin } from "../../stores/index.ts";
import { inForce, type StateResource } from "../operate/stack-state.ts";

/** The input of a Stash that the last run let go of: its protection is lifted, and this run may drop it. */
export const releasedMark = "let go: the next run drops it";

/** A secret that the state keeps. */
export interface KeptSecret {
  readonly name: string;
  readonly value: unknown;
  /** The last run let go of it. */
  readonly released: boolean;
}

/** The secrets among the resources of a state: each is a Stash under the component that holds them all. */
export function secretsInState(state: readonly StateResource[]): KeptSecret[] {
  return inForce(state)
    .filter(({ type, urn }) => type === "pulumi:index:Stash" && /Secrets\$pulumi:index:Stash::/.test(urn))
    .map(({ urn, outputs }) => ({
      name: urn.split("::").pop() as string,
      value: outputs?.output,
      released: outputs?.input === releasedMark,
    }));
}

/** What becomes of a secret that is kept and not used, and why. */
export interface UnusedSecret {
  readonly name: string;
  /** `held`: stays as it is; `let go`: stays for this run, unprotected; `dropped`: this run takes it out of the state. */
  readonly outcome: "held" | "let go" | "dropped";
  readonly why: string;
}

/** The passwords by which the platform itself logs in at stores. */
const administrators: readonly string[] = kindsWithLogin.map(administratorSecret);

/** A secret that a service asked for itself: not one by which it logs in at a store, whose provisioner would set another. */
const isOwn = (name: string): boolean =>
  name !== signingKeyName && !kindsWithLogin.some((kind) => name.startsWith(passwordName(kind, "")));

/**
 * What becomes of each kept secret that a run does not use. Most are let go of, in two runs: Pulumi refuses to delete what is
 * protected, and a run can only lift the protection of what it still declares. The password of an administrator is the only way
 * into the volumes of its store, which may outlive the store in the definition, and a service's own secret may be the only way to
 * read what it encrypted: these are held until somebody forgets them.
 * @param required the names of all secrets that the platform has, without the signing key.
 */
export function unusedSecrets(
  kept: readonly KeptSecret[],
  required: readonly string[],
  settings: Settings,
): readonly UnusedSecret[] {
  return kept.flatMap(({ name, value, released }): UnusedSecret[] => {
    const given = name === signingKeyName ? settings.signingKey : settings.secrets[name];
    const needed = required.includes(name) || name === signingKeyName;
    if (needed && given === undefined) return [];
    if (administrators.includes(name) && !released && given !== value)
      return [
        {
          name,
          outcome: "held",
          why: needed
            ? "the configuration has another value; the one that was made is kept, for volumes that were made with it"
            : "no part of the platform needs it, but volumes that were made with it may be there still",
        },
      ];
    if (isOwn(name) && !released && (!needed || given !== value))
      return [
        {
          name,
          outcome: "held",
          why: needed
            ? "the configuration has another value; the one that was made is kept, for what a service encrypted with it"
            : "no part of the platform needs it, but what a service encrypted with it may be there still",
        },
      ];
    const why = needed ? "the configuration has it now" : "no part of the platform needs it any more";
    return [{ name, outcome: released ? "dropped" : "let go", why }];
  });
}

/** What becomes of it, in an operator's words. */
export function warningOf({ name, outcome, why }: UnusedSecret, stack: string): string {
  const what = {
    held: `is kept on; to let it go: ./beat secrets forget ${name} --stack ${stack}`,
    "let go": "the state keeps it, unprotected, until the next up, which drops it",
    dropped: "it is dropped from the state",
  }[outcome];
  return `secret ${name}: ${why}; ${what}`;
}
