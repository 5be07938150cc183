/** A resource of the graph, as the program declares it: Pulumi's type token, its name, and its inputs. */
export interface GraphResource {
  readonly type: string;
  readonly name: string;
  readonly props: Readonly<Record<string, unknown>>;
}

/** What breaks a rule. */
export interface Violation {
  /** The resource's name, and the container's where it has several. */
  readonly resource: string;
  readonly message: string;
  readonly fix: string;
}

/** A rule over a whole graph. Its check is pure: unit tests and the policy pack run the same. */
export interface Rule {
  /** In the form the policy SDK asks for: lower case and dashes, unique. */
  readonly name: string;
  readonly description: string;
  readonly check: (resources: readonly GraphResource[]) => Violation[];
}

/** A value of the graph as a record; empty for anything else, so that rules read a path without a ladder of tests. */
export function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

/** A value of the graph as a list; empty for anything else. */
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** A value of the graph as a list of records. */
export const records = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  list(value).map(record);

/** Stands for a value that is not known before the update. No rule takes it for a fault. */
export const unknownValue: unique symbol = Symbol("unknown until the update");
