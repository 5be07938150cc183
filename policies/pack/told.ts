import { onStack } from "../../core/stack-commands.ts";

/** Words whose commands name the stack, which the URNs of its resources tell. Source: Pulumi, "Resource names", URNs. */
export function told(text: string, [first]: readonly { readonly urn: string }[]): string {
  const stack = first?.urn.split(":")[2];
  return stack === undefined ? text : onStack(text, stack);
}
