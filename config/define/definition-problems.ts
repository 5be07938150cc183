import type { z } from "zod";
import { fitting, found, shown } from "../../core/issues.ts";
import { joinPath, type Problem } from "../../core/problems.ts";
import { mustGo, suggestedValue } from "../../core/validation.ts";

/** What zod found in a definition, as people read it: the place, the wrong value and the mend. */
export function definitionProblems(issue: z.core.$ZodIssue, raw: unknown): Problem[] {
  const inner = issue.code === "invalid_union" ? fitting(issue.errors) : undefined;
  if (inner !== undefined)
    return inner.flatMap((each) =>
      definitionProblems({ ...each, path: [...issue.path, ...each.path] } as z.core.$ZodIssue, raw),
    );
  const path = joinPath(issue.path);
  // Of a name that is not valid zod says only that; why stands within.
  if (issue.code === "invalid_key") {
    const name = JSON.stringify(String(issue.path.at(-1)));
    return issue.issues.map((each) => {
      const write = suggestedValue(each);
      return {
        path,
        message: `${name} ${each.message}`,
        fix: write === undefined ? "give it another name" : `call it ${write}`,
      };
    });
  }
  const value = found(issue.path, raw);
  return [{ path, message: messageOf(issue, value), fix: fixFor(issue) }];
}

function messageOf(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === "unrecognized_keys") return issue.message;
  if (value === undefined) return `is missing: ${issue.message}`;
  // A message of our own that quotes the value needs no second one.
  return typeof value === "object" || issue.message.includes(JSON.stringify(value))
    ? issue.message
    : `${issue.message} (found ${shown(value)})`;
}

function fixFor(issue: z.core.$ZodIssue): string {
  const write = suggestedValue(issue);
  if (write !== undefined) return `write ${JSON.stringify(write)}`;
  if (mustGo(issue)) return "take it out";
  switch (issue.code) {
    case "unrecognized_keys":
      return `remove or rename ${issue.keys.join(", ")}`;
    case "invalid_type":
      return `give it a value of type ${issue.expected}`;
    case "invalid_value":
      return `write one of ${issue.values.map((value) => JSON.stringify(value)).join(", ")}`;
    case "too_big":
      return issue.origin === "array"
        ? `list at most ${issue.maximum}`
        : `at most ${issue.maximum}${unitOf(issue)}`;
    case "too_small":
      return issue.origin === "array"
        ? `list at least ${issue.minimum}`
        : `at least ${issue.minimum}${unitOf(issue)}`;
    default:
      return "change the value so that the rule holds";
  }
}

const unitOf = ({ origin }: { readonly origin: string }): string =>
  origin === "string" ? " characters" : "";
