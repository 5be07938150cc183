import { createHash } from "node:crypto";

/** What an upstream does with a request. */
export interface Act {
  /**
   * `whole`: answers. `early`: before it has read the body. `last`: and says that it closes. `unannounced`: closes
   * without a word afterwards. `poison`: bytes follow that nobody asked for. `cut`: ends or resets in the middle.
   * `garbage`: no HTTP. `silent`: never.
   */
  readonly how:
    | "whole"
    | "early"
    | "last"
    | "unannounced"
    | "poison"
    | "cut"
    | "garbage"
    | "silent"
    | "tunnel";
  readonly status: number;
  readonly framing: "length" | "chunked" | "close";
  /** Bytes of the body beside its first line. */
  readonly size: number;
  /** Milliseconds before it answers. */
  readonly delay: number;
  /** A 103 comes first. */
  readonly interim: boolean;
  /** Where a cut one ends, as a share of its bytes. */
  readonly at: number;
  /** Cut by a reset and not by an end. */
  readonly resets: boolean;
  /** Seed of the pieces it is written in; 0 for one piece. */
  readonly pieces: number;
  /** A connection that has served before is closed instead, as if its idle limit had been up. */
  readonly dropsKept: boolean;
}

/**
 * One request: what it is, what its upstream does with it and what may come of it. Both ends know it before a byte is
 * sent, by the id that is in its path, in a field and in its body.
 */
export interface Plan {
  readonly id: string;
  /** Seed of the run it belongs to. */
  readonly seed: number;
  readonly route: string;
  readonly method: string;
  readonly minor: 0 | 1;
  readonly target: string;
  /** The target as the upstream must see it; undefined: no upstream may see it whole. */
  readonly arrives: string | undefined;
  readonly upstream: string;
  readonly fields: readonly string[];
  /** Bytes of its body; -1 for none. */
  readonly body: number;
  readonly chunked: boolean;
  /** Its bytes, when they are no sound request. */
  readonly raw: string | undefined;
  readonly act: Act;
  /** Statuses that the gateway may answer with, and why they are earned. */
  readonly refusals: Readonly<Record<number, string>>;
  /** Whether the upstream's own answer may reach the client. */
  readonly serves: boolean;
  /** Whether the answer may break off. */
  readonly cuts: boolean;
  /** Whether the connection ends with its answer. */
  readonly closes: "no" | "may" | "must";
  /** How often the upstream may see it. */
  readonly repeats: number;
  /** How often it has. */
  seen: number;
}

/** Bytes that belong to an id and to nobody else; the period is odd, so that bytes that moved are seen. */
export function fill(id: string, size: number): Buffer {
  const unit = `${id}.`.padEnd(id.length % 2 === 0 ? 17 : 19, "~");
  return Buffer.alloc(Math.max(0, size), unit, "latin1");
}

export const bodyOf = ({ id, body }: Pick<Plan, "id" | "body">): Buffer => fill(`b${id}`, body);

/** What an upstream says of a body. */
export const digest = (body: Buffer): string =>
  `${body.length}:${createHash("sha1").update(body).digest("hex").slice(0, 12)}`;

/** The line by which an upstream names the request it answers. */
export const echoOf = (plan: Plan, got: string): string => `${plan.id} ${plan.method} ${got}`;

/** The echo that the client must see. */
export const expectedEcho = (plan: Plan): string =>
  echoOf(plan, plan.act.how === "early" ? "early" : digest(bodyOf(plan)));

/** Whether an answer to it has no body whatever its fields say. */
export const isBodiless = ({ method, act }: Plan): boolean =>
  method === "HEAD" || act.status === 204 || act.status === 304;

/** The body of the upstream's answer. */
export const answerBody = (plan: Plan, echo: string): Buffer =>
  isBodiless(plan)
    ? Buffer.alloc(0)
    : Buffer.concat([Buffer.from(`${echo}|`, "latin1"), fill(`a${plan.id}`, plan.act.size)]);

/** Whether nothing the run does can keep it from its answer. */
export const isSound = (plan: Plan): boolean =>
  plan.serves && !plan.cuts && Object.keys(plan.refusals).length === 0;

/** The request's bytes. */
export function requestBytes(plan: Plan): Buffer {
  if (plan.raw !== undefined) return Buffer.from(plan.raw, "latin1");
  const body = bodyOf(plan);
  const framing =
    plan.body < 0
      ? []
      : [plan.chunked ? "Transfer-Encoding: chunked" : `Content-Length: ${Math.max(0, plan.body)}`];
  const head = [
    `${plan.method} ${plan.target} HTTP/1.${plan.minor}`,
    "Host: gw",
    `X-Request-ID: ${plan.id}`,
    `X-Id: ${plan.id}`,
    ...plan.fields,
    ...framing,
    "",
    "",
  ].join("\r\n");
  const bytes = plan.body < 0 ? [] : plan.chunked ? chunks(body, 7_001) : [body];
  return Buffer.concat([Buffer.from(head, "latin1"), ...bytes]);
}

/** A body in chunks of `most` bytes. */
export function chunks(body: Buffer, most: number): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; at += most) {
    const piece = body.subarray(at, at + most);
    parts.push(Buffer.from(`${piece.length.toString(16)}\r\n`, "latin1"), piece, Buffer.from("\r\n"));
  }
  return [...parts, Buffer.from("0\r\n\r\n")];
}
