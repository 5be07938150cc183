import type { Invalid } from "./validation.ts";

/** The most bytes of `NAME=value`, its end included. Source: Linux, execve(2), MAX_ARG_STRLEN. */
const mostBytes = 131_072;

/** Why a text is no name of a variable; undefined when it is one. Source: POSIX, "Environment Variable Definition". */
export function validateVariableName(name: string): Invalid | undefined {
  if (/^[A-Z][A-Z0-9_]*$/.test(name)) return undefined;
  return "must be the name of a variable: upper-case letters, digits and _, a letter first";
}

/** Why a text cannot be the value of a variable; undefined when it can. Lines and tabs are fine: certificates have them. */
export function validateVariableValue(text: string, name = ""): string | undefined {
  if (text.trim() === "") return "is empty";
  // A NUL ends it for the kernel, and nobody writes the others on purpose.
  const control = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/.exec(text)?.[0];
  if (control !== undefined)
    return `has the control character ${`\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`}, which no variable may hold`;
  if (Buffer.byteLength(name) + Buffer.byteLength(text) + 2 > mostBytes)
    return `is longer than ${mostBytes / 1024} KiB, the most that the kernel hands to a program`;
  return undefined;
}
