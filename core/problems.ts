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
  readonly what: string;
  readonly problems: readonly Problem[];

  constructor(what: string, problems: readonly Problem[]) {
    super(`${what}:\n${problems.map((p) => `  - ${p.path}: ${p.message}\n    fix: ${p.fix}`).join("\n")}`);
    this.what = what;
    this.problems = problems;
  }
}

/**
 * A zod path as people write it: `services.auth-service.routes[0].prefix`. A key that has dots or brackets in it stands in
 * brackets, as Pulumi reads paths: `annotations["example.org/name"]`.
 */
export function joinPath(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) => {
      if (typeof key === "number") return `[${key}]`;
      const name = String(key);
      if (index > 0 && (name === "" || /[.[\]"]/.test(name)))
        return `["${name.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"]`;
      return `${index === 0 ? "" : "."}${name}`;
    })
    .join("");
}
