import { randomBytes, randomUUID } from "node:crypto";
import { decodeJwt } from "jose";
import { type Journey, type JourneyStep, usedBy } from "../../config/define/verify.ts";
import { parsed, Unanswered } from "./door.ts";
import type { Subject } from "./subject.ts";
import { Failed, Skipped, type Tried, tried, until } from "./tried.ts";

/** A journey that is under way: what it has made up, and what it was given. */
export class Traveller {
  readonly #journey: Journey;
  readonly #subject: Subject;
  readonly #kept = new Map<string, string>([
    // Addresses that reach nobody (RFC 2606); 50 characters are the most that auth keeps.
    ["email", `beat-verify-${randomBytes(8).toString("hex")}@example.org`],
    // Letters and digits, of which there is one of each kind; 16 characters are the most that auth takes.
    ["password", `Bv1${randomBytes(16).toString("hex").slice(0, 13)}`],
    ["id", randomUUID()],
  ]);

  readonly #ended: AbortSignal | undefined;

  /** @param ended no step is begun or waited for after it; what was made is taken away all the same. */
  constructor(subject: Subject, journey: Journey, ended?: AbortSignal) {
    this.#subject = subject;
    this.#journey = journey;
    this.#ended = ended;
  }

  /** What it makes and leaves, in words. */
  announcement(): string[] {
    const { makes, removes, leaves } = this.#journey;
    const after = [
      ...(removes.length > 0 ? [`removed at the end: ${removes.map(({ name }) => name).join(", ")}`] : []),
      ...(leaves === undefined ? [] : [leaves]),
    ];
    return [...makes, ...after].map((text) => this.#filled(text));
  }

  /** The token that opens WebSockets, once it is there. */
  get token(): string | undefined {
    const { token } = this.#journey;
    return token === undefined ? undefined : this.#kept.get(token);
  }

  /** Goes from step to step; what follows one that failed is not tried. */
  async *steps(): AsyncGenerator<Tried> {
    let stopped: string | undefined;
    for (const step of this.#journey.steps) {
      if (this.#ended?.aborted) return;
      const came = await this.#try(step, stopped, this.#ended);
      if (came.result === "failed") stopped ??= step.name;
      yield came;
    }
  }

  /** Takes away what can be taken away, whatever happened before. */
  async *removals(): AsyncGenerator<Tried> {
    for (const step of this.#journey.removes) yield await this.#try(step, undefined);
  }

  #try(step: JourneyStep, stopped: string | undefined, ended?: AbortSignal): Promise<Tried> {
    const uses = step.uses.length > 0 ? ` (${step.uses.join(", ")})` : "";
    return tried("journey", `${step.name}${uses}`, async () => {
      if (stopped !== undefined) throw new Skipped(`"${stopped}" failed`);
      const missing = [...usedBy(step)].filter((name) => !this.#kept.has(name));
      if (missing.length > 0) throw new Skipped(`nothing gave it ${missing.join(", ")}`);
      const { patienceSeconds = Number.POSITIVE_INFINITY } = this.#subject;
      return until(Math.min(step.withinSeconds, patienceSeconds), () => this.#go(step), ended);
    });
  }

  async #go({
    method,
    path,
    bearer,
    body,
    status,
    expects,
    scopes,
    keeps,
    service,
  }: JourneyStep): Promise<string> {
    const request = {
      method,
      headers: {
        ...(body && { "content-type": "application/json" }),
        ...(bearer !== undefined && { authorization: `Bearer ${this.#kept.get(bearer)}` }),
      },
      ...(body && {
        body: JSON.stringify(
          Object.fromEntries(Object.entries(body).map(([key, text]) => [key, this.#filled(text)])),
        ),
      }),
    };
    const answer = await this.#subject.door.service(this.#filled(path), request).catch((error: unknown) => {
      // What is not the same when it is done twice is not sent twice: the answer that was lost may have been a good one.
      if (error instanceof Unanswered && /^(?:POST|PATCH)$/.test(method))
        throw new Error(`${error.message}; it may have been carried out, so it was not sent again`);
      throw error;
    });
    if (answer.status !== status)
      throw new Failed(`${service} answers ${answer.status} instead of ${status}${said(answer.text)}`);
    const fields = parsed(answer.text);
    for (const [field, told] of Object.entries(expects)) {
      const wanted = typeof told === "string" ? this.#filled(told) : told;
      if (fields[field] !== wanted)
        throw new Failed(`${field} is ${JSON.stringify(fields[field])} instead of ${JSON.stringify(wanted)}`);
    }
    if (scopes !== undefined) checkScopes(fields[scopes.of], scopes);
    for (const [name, field] of Object.entries(keeps)) {
      const value = fields[field];
      if (typeof value !== "string" && typeof value !== "number")
        throw new Failed(`the answer of ${service} has no ${field}`);
      this.#kept.set(name, String(value));
    }
    return `${service}: ${answer.status}`;
  }

  #filled(text: string): string {
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => this.#kept.get(name) ?? whole);
  }
}

/** @throws {Failed} when a token gives nothing beyond what is named. */
function checkScopes(token: unknown, { of, beyond }: NonNullable<JourneyStep["scopes"]>): void {
  const has = scopesOf(token);
  if (has === undefined) throw new Failed(`${of} is no JWT`);
  if (has.every((scope) => beyond.includes(scope)))
    throw new Failed(`the scope of ${of} is ${has.join(" ") || "empty"}, and nothing beyond that`);
}

/** What a token may be used for: a list, or words as in RFC 8693; undefined when it is no JWT. */
function scopesOf(token: unknown): readonly string[] | undefined {
  try {
    const { scope } = decodeJwt(String(token));
    if (Array.isArray(scope)) return scope.map(String);
    return typeof scope === "string" ? scope.split(" ").filter((word) => word !== "") : [];
  } catch {
    return undefined;
  }
}

/** A service's own words, where it has any for people. */
function said(text: string): string {
  const { detail, message, title } = parsed(text);
  const words = [detail, message, title].find((each) => typeof each === "string");
  return words === undefined ? "" : `: ${String(words).slice(0, 200)}`;
}
