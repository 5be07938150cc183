import type { Address } from "../../config/addresses.ts";
import type { Value } from "../../core/value.ts";

/** Text that Compose shall take as it is. Source: Compose Specification, "Interpolation": `$$` is a dollar sign. */
export const escapeDollars = (text: string): string => text.replaceAll("$", "$$$$");

/** The variable in which a secret is handed to Compose. */
export const secretVariable = (secret: string): string =>
  `SECRET_${secret.replaceAll("-", "_").toUpperCase()}`;

/** The variable that changes with a secret, for what reads it from a file. */
export const revisionVariable = (secret: string): string =>
  secretVariable(secret).replace(/^SECRET_/, "REVISION_");

/** A variable that must be set. */
const required = (variable: string): string => `\${${variable}:?is in secrets.env}`;

/** A value as Compose reads it: secrets are variables, everything else is text. */
export const interpolated = (value: Value, addresses: ReadonlyMap<string, Address>): string =>
  value.parts
    .map((part) => {
      switch (part.kind) {
        case "text":
          return escapeDollars(part.text);
        case "secret":
          return required(secretVariable(part.name));
        case "member":
          return "";
        default: {
          const address = addresses.get(part.of);
          if (address === undefined) throw new Error(`nothing is named ${part.of}`);
          return escapeDollars(String(address[part.kind]));
        }
      }
    })
    .join("");

/** A line of an env file. Source: Compose Specification, `.env` syntax: escapes are read within double quotes. */
export const variableLine = (name: string, text: string): string =>
  `${name}="${text
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("$", "\\$")
    .replaceAll("\n", "\\n")}"`;
