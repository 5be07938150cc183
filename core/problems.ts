/** One thing that is wrong with the input: where, what, and how to mend it. */
export interface Problem {
  /** Place of the value, e.g. `services.auth-service.needs.kafka.consumes[0]` or `platform:ports.gateway`. */
  readonly path: string;
  /** What is wrong, with the offending value unless it is secret. */
  readonly message: string;
  /** What to do about it. */
  readonly fix: string;
}

/** Input that was refused before anything was changed. Its message lists every problem, not only the first. */
export class InputError extends Error {
  override readonly name = "InputError";
  readonly problems: readonly Problem[];

  constructor(what: string, problems: readonly Problem[]) {
    super(`${what}:\n${problems.map((p) => `  - ${p.path}: ${p.message}\n    fix: ${p.fix}`).join("\n")}`);
    this.problems = problems;
  }
}

/** A zod path as people write it: `services.auth-service.routes[0].prefix`. */
export function joinPath(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) => (typeof key === "number" ? `[${key}]` : `${index === 0 ? "" : "."}${String(key)}`))
    .join("");
}
