import * as pulumi from "@pulumi/pulumi";
import type { Address } from "../../config/addresses.ts";
import type { Part, Value } from "../../core/value.ts";

/** Fills in an environment's symbols: addresses as they are on the target, secrets as secret outputs. */
export function resolveEnvironment(
  environment: Readonly<Record<string, Value>>,
  addresses: ReadonlyMap<string, Address>,
  secret: (name: string) => pulumi.Output<string>,
): Record<string, pulumi.Input<string>> {
  const plain = (part: Exclude<Part, { kind: "text" | "secret" }>): string => {
    // Where a member can say it of itself, its target puts it in the value's place.
    if (part.kind === "member") return "";
    const address = addresses.get(part.of);
    if (address === undefined) throw new Error(`nothing is named ${part.of}`);
    return part.kind === "host" ? address.host : String(address.port);
  };
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      value.secret
        ? pulumi.concat(
            ...value.parts.map((part) =>
              part.kind === "text" ? part.text : part.kind === "secret" ? secret(part.name) : plain(part),
            ),
          )
        : value.render((part) => (part.kind === "secret" ? "" : plain(part))),
    ]),
  );
}
