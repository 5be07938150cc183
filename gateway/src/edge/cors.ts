import type { CorsPolicy } from "../../../config/route-table.ts";

/** Allowed when a policy names no methods. */
const defaultMethods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;
/** A browser sends these whatever a preflight says (Fetch standard, CORS-safelisted method). */
const safelisted: ReadonlySet<string> = new Set(["GET", "HEAD", "POST"]);

/** What a preflight may ask for; longer or stranger lists are no browser's. */
const fieldNames = /^[A-Za-z0-9!#$%&'*+.^_`|~, -]{1,2000}$/;
const none: readonly string[] = [];

/** `Vary` of every answer to a preflight, allowed or not. */
export const preflightVary: readonly string[] = [
  "Vary",
  "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
];

/** Whether a request is a CORS preflight (Fetch standard, CORS-preflight request). */
export function isPreflight(
  method: string,
  origin: string | undefined,
  requestMethod: string | undefined,
): boolean {
  return method === "OPTIONS" && origin !== undefined && requestMethod !== undefined;
}

/**
 * Cross-origin answers of one route, compiled once (Fetch standard, CORS protocol). Field lists are flat, name and
 * value in turn; they are shared between requests and must not be changed.
 */
export class Cors {
  readonly #any: boolean;
  readonly #methods: ReadonlySet<string>;
  /** Lower-case names that may be asked for; undefined for all. */
  readonly #headers: ReadonlySet<string> | undefined;
  readonly #actual = new Map<string, readonly string[]>();
  readonly #preflight = new Map<string, readonly string[]>();

  constructor(policy: CorsPolicy) {
    const methods = policy.methods ?? defaultMethods;
    this.#any = policy.origins.includes("*");
    this.#methods = new Set(methods);
    this.#headers = policy.headers && new Set(policy.headers.map((name) => name.toLowerCase()));
    for (const origin of policy.origins) {
      const allow = ["Access-Control-Allow-Origin", origin];
      if (policy.credentials === true && !this.#any) allow.push("Access-Control-Allow-Credentials", "true");
      const expose = policy.expose ?? [];
      this.#actual.set(
        origin,
        expose.length > 0 ? [...allow, "Access-Control-Expose-Headers", expose.join(", ")] : allow,
      );
      const preflight = [...allow, "Access-Control-Allow-Methods", methods.join(", ")];
      if (policy.headers !== undefined && policy.headers.length > 0)
        preflight.push("Access-Control-Allow-Headers", policy.headers.join(", "));
      if (policy.max_age_seconds !== undefined)
        preflight.push("Access-Control-Max-Age", String(policy.max_age_seconds));
      this.#preflight.set(origin, [...preflight, ...preflightVary]);
    }
  }

  /**
   * The fields of the 204 that answers a preflight, or undefined when it asks for something that is not allowed. The
   * gateway then answers 403 with {@link preflightVary} alone: a browser only looks for the fields that are absent,
   * a person who reads the log sees why.
   * @param requestHeaders value of `Access-Control-Request-Headers`, if there is one.
   */
  preflight(
    origin: string,
    requestMethod: string,
    requestHeaders: string | undefined,
  ): readonly string[] | undefined {
    const allowed = this.#preflight.get(this.#any ? "*" : origin);
    if (allowed === undefined) return undefined;
    if (!this.#methods.has(requestMethod) && !safelisted.has(requestMethod)) return undefined;
    if (requestHeaders === undefined || requestHeaders === "") return allowed;
    if (!fieldNames.test(requestHeaders)) return undefined;
    if (this.#headers === undefined) return [...allowed, "Access-Control-Allow-Headers", requestHeaders];
    for (const name of requestHeaders.split(","))
      if (!this.#headers.has(name.trim().toLowerCase())) return undefined;
    return allowed;
  }

  /**
   * The fields to add to an answer that is no preflight, `Vary` apart. None when the origin is not allowed: the
   * answer goes out all the same, and the browser keeps it from the page.
   */
  actual(origin: string | undefined): readonly string[] {
    if (this.#any) return this.#actual.get("*") ?? none;
    return origin === undefined ? none : (this.#actual.get(origin) ?? none);
  }

  /**
   * The one `Vary` of an answer, or undefined for none: what the upstream said, with `Origin` in it when answers
   * differ by origin. A request without an origin counts too, or a cache would hand its answer to a page.
   * @param upstream the upstream's `Vary`, several of them joined by a comma.
   */
  vary(upstream: string | undefined): string | undefined {
    if (this.#any) return upstream === "" ? undefined : upstream;
    if (upstream === undefined || upstream === "") return "Origin";
    return /(?:^|,)\s*(?:origin|\*)\s*(?:,|$)/i.test(upstream) ? upstream : `${upstream}, Origin`;
  }
}
