import { z } from "zod";

/** Why a value cannot be; with what to write in its place, where that is plain. */
export type Fault = string | { readonly message: string; readonly write: string };

/** Text that a check of its own judges. @param faultOf why a text cannot be; undefined when it can. */
export const judged = (faultOf: (text: string) => Fault | undefined) =>
  z.string().superRefine((text, { addIssue }) => {
    const fault = faultOf(text);
    if (fault === undefined) return;
    if (typeof fault === "string") addIssue({ code: "custom", message: fault });
    else addIssue({ code: "custom", message: fault.message, params: { write: fault.write } });
  });

/** What to write in the place of a value that was refused; undefined when nobody can tell. */
export function writtenInstead(issue: z.core.$ZodIssue): string | undefined {
  const write = issue.code === "custom" ? issue.params?.write : undefined;
  return typeof write === "string" ? write : undefined;
}

/** What to do about a value that was refused; undefined when its rule says all. */
export function fixInstead(issue: z.core.$ZodIssue): string | undefined {
  const fix = issue.code === "custom" ? issue.params?.fix : undefined;
  return typeof fix === "string" ? fix : undefined;
}

/**
 * A list that says nothing twice.
 * @param keyOf by what two entries are the same; default: their text, or their whole content.
 */
export const distinct = <Item extends z.ZodType>(
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
          params: { fix: "take one of the two out" },
        });
    });
  });
