/**
 * What a service's environment is made of. Everything that is only known on a target (addresses, ports,
 * passwords) is a symbol here and resolved by `infra/`, so that one `env` function serves every target.
 */

/** A part of a value: literal text, an address, or a secret. */
export type Part =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "host"; readonly of: string }
  | { readonly kind: "port"; readonly of: string }
  | { readonly kind: "secret"; readonly name: string }
  | { readonly kind: "member"; readonly fact: MemberFact };

/** What only a running member knows of itself: its address, or the zone it runs in where somebody tells it. */
export type MemberFact = "address" | "zone";

/** Why a value was joined in a way that would lose that it is secret. */
const noConcatenation =
  "a reference cannot be turned into a string: use value`http://$" +
  "{host}:$" +
  "{port}` so that a secret stays secret";

/**
 * A value made of parts. It is secret when any part is, and it cannot be concatenated: `"" + value` throws, since
 * plain text would forget that a password is in it.
 */
export class Value {
  readonly parts: readonly Part[];

  constructor(parts: readonly Part[]) {
    this.parts = Object.freeze([...parts]);
  }

  /** Whether resolving it yields something that must not be shown. */
  get secret(): boolean {
    return this.parts.some((part) => part.kind === "secret");
  }

  /** The value with every symbol replaced by `show`; for documents and tests. */
  render(show: (part: Exclude<Part, { kind: "text" }>) => string): string {
    return this.parts.map((part) => (part.kind === "text" ? part.text : show(part))).join("");
  }

  toString(): string {
    throw new TypeError(noConcatenation);
  }

  toJSON(): never {
    throw new TypeError(noConcatenation);
  }

  [Symbol.toPrimitive](): never {
    throw new TypeError(noConcatenation);
  }
}

/** The network name of a store or service. */
export const hostOf = (of: string): Value => new Value([{ kind: "host", of }]);
/** The port on which other containers reach a store or service. */
export const portOf = (of: string): Value => new Value([{ kind: "port", of }]);
/** A platform secret by name, e.g. `postgres-auth-service`. */
export const secretOf = (name: string): Value => new Value([{ kind: "secret", name }]);

/** What a running member knows of itself; empty on a target that does not say it. */
export const memberOf = (fact: MemberFact): Value => new Value([{ kind: "member", fact }]);

/** Joins text and references: value`http://${host}:${port}/x`. */
export function value(strings: TemplateStringsArray, ...holes: readonly (Value | string | number)[]): Value {
  const parts: Part[] = [];
  strings.forEach((text, index) => {
    if (text !== "") parts.push({ kind: "text", text });
    const hole = holes[index];
    if (hole instanceof Value) parts.push(...hole.parts);
    else if (hole !== undefined) parts.push({ kind: "text", text: String(hole) });
  });
  return new Value(parts);
}

/** What an `env` function may return for one variable. `undefined` leaves the variable out. */
export type EnvValue = Value | string | number | undefined;

/** An environment value as a {@link Value}, whatever form the definition used. */
export function asValue(input: Value | string | number): Value {
  return input instanceof Value ? input : new Value([{ kind: "text", text: String(input) }]);
}

/** An environment of plain text. */
export const text = (variables: Readonly<Record<string, string>>): Record<string, Value> =>
  Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, asValue(value)]));
