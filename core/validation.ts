import { z } from "zod";

/** Why a value cannot be; with what to write in its place, where that is plain. */
export type Invalid = string | { readonly message: string; readonly write: string };

/**
 * Text that a check of its own judges.
 * @param validate why a text cannot be; undefined when it can.
 * @param like what every text has that can be, for editors, which know patterns alone.
 */
export const validText = (validate: (text: string) => Invalid | undefined, like?: RegExp) => {
  const text = z.string().superRefine((value, { addIssue }) => {
    const fault = validate(value);
    if (fault === undefined) return;
    if (typeof fault === "string") addIssue({ code: "custom", message: fault });
    else addIssue({ code: "custom", message: fault.message, params: { write: fault.write } });
  });
  return like === undefined ? text : text.meta({ pattern: like.source });
};

/** What to write in the place of a value that was refused; undefined when nobody can tell. */
export function suggestedValue(issue: z.core.$ZodIssue): string | undefined {
  const write = issue.code === "custom" ? issue.params?.write : undefined;
  return typeof write === "string" ? write : undefined;
}

/** What marks a value that must go. */
export const toBeRemoved = { remove: true } as const;

/** Whether a value that was refused is mended by taking it out. */
export const mustGo = (issue: z.core.$ZodIssue): boolean =>
  issue.code === "custom" && issue.params?.remove === true;

/**
 * A list that says nothing twice.
 * @param keyOf by what two entries are the same; default: their text, or their whole content.
 */
export const uniqueList = <Item extends z.ZodType>(
  item: Item,
  keyOf: (value: z.output<Item>) => string = (value) =>
    typeof value === "string" ? value : JSON.stringify(value),
) =>
  z.array(item).superRefine((values, { addIssue }) => {
    const first = new Map<string, number>();
    values.forEach((value, index) => {
      const key = keyOf(value);
      const other = first.get(key);
      if (other === undefined) first.set(key, index);
      else
        addIssue({
          code: "custom",
          path: [index],
          message: `is the same as [${other}]`,
          params: toBeRemoved,
        });
    });
  });
