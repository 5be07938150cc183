import type { z } from "zod";
import { withoutLogin } from "./logins.ts";

/** The most of a wrong value that is shown, characters: certificates are long. */
const shownCharacters = 100;

/** What stands at a path of a value. */
export const found = (path: readonly PropertyKey[], root: unknown): unknown =>
  path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined | null)?.[key], root);

/** Names of what must not be shown. */
const hidden = /pass|secret|token|key|credential|cookie/i;

const isBranch = (value: unknown): boolean => typeof value === "object" && value !== null;
const tidied = (value: unknown): unknown =>
  typeof value === "string"
    ? withoutLogin(value).replace(
        /([?&;][\w.-]*(?:pass|secret|token|key|sig|auth|cred)[\w.-]*=)[^&\s]*/gi,
        "$1…",
      )
    : value;

/** A value as people see it. */
export function shown(value: unknown): string {
  // A login in a URL is a secret that was written into the wrong place, and so is what a name says of itself.
  const text =
    JSON.stringify(value, (key, each: unknown) =>
      hidden.test(key) && !isBranch(each) ? "…" : tidied(each),
    ) ?? "nothing";
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text;
}

/** What is wrong with the one form of a choice that the value has the shape of; undefined when no single one has. */
export function fitting(
  forms: readonly (readonly z.core.$ZodIssue[])[],
): readonly z.core.$ZodIssue[] | undefined {
  const [one, ...others] = forms.filter(
    (issues) =>
      !issues.some(
        ({ path, code }) => path.length === 0 && (code === "invalid_type" || code === "invalid_value"),
      ),
  );
  return others.length === 0 ? one : undefined;
}
