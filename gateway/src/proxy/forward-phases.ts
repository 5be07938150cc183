import { type Refusal, refusals } from "../message/refusals.ts";
import type { Clock } from "./clock.ts";
import type { TunnelLimits } from "./tunnel.ts";

/** Methods that may be sent twice (RFC 9110 9.2.2) and usually come without a body. */
export const repeatable = new Set(["GET", "HEAD", "OPTIONS"]);
/** Methods whose body every upstream reads; one that ignores the body of another would take it for a request. */
export const withBody = new Set(["POST", "PUT", "PATCH"]);
/** Errors of a kept connection that the upstream closed just as it was taken. */
export const stale = new Set(["ERR_CLOSED", "ECONNRESET", "EPIPE"]);

/** What a forwarded request waits for, and what its client is told when that takes too long. */
export const expired = {
  queue: refusals.overloaded,
  connect: refusals.connectTimeout,
  body: refusals.bodyTimeout,
  response: refusals.responseTimeout,
  /** The answer has begun, and can only be cut. */
  transfer: refusals.responseTimeout,
  /** The client takes nothing of it. */
  client: refusals.responseTimeout,
} as const satisfies Readonly<Record<string, Refusal>>;

/** What it waits for now. */
export type Phase = keyof typeof expired;

/** Limits and services that every forwarded request shares; milliseconds. */
export interface ForwardContext {
  readonly clock: Clock;
  /** Without progress while a body is sent by the client. */
  readonly bodyTimeout: number;
  /** Without progress of the upstream while an answer is transferred. */
  readonly transferTimeout: number;
  /** In which the client takes nothing. */
  readonly sendTimeout: number;
  readonly tunnel: TunnelLimits;
  onRetry(): void;
}
