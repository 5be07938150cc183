import { randomHex } from "./random.ts";

/** The place of a request in a trace (W3C Trace Context). */
export interface Trace {
  /** The field to send on. */
  readonly traceparent: string;
  readonly traceId: string;
  /** Span of the caller; undefined when the trace begins here. */
  readonly parentId: string | undefined;
  /** Span of this hop: what `traceparent` names as the parent of the next. */
  readonly spanId: string;
  readonly sampled: boolean;
  /** Whether the client's `tracestate` belongs to this trace; if not it must be dropped (section 3.3). */
  readonly keepsState: boolean;
}

/** Which traces are recorded (OpenTelemetry, "Tracing SDK", Sampler). */
export interface Sampler {
  /** Whether a caller who may decide has decided. */
  readonly parentBased: boolean;
  /** The part of the others, 0 to 1. */
  readonly ratio: number;
}

/** All that nobody who may has decided otherwise: what a gateway does that is not told. */
export const everything: Sampler = { parentBased: true, ratio: 1 };

/** Version, trace, parent and flags at fixed places, ids not all zero, version `ff` never (section 3.2). */
const shape = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:$|-)/;

/** Whether a `traceparent` can be continued: version 00 exactly, a later version by the part of it that is known. */
export function isTraceparent(given: string): boolean {
  if (given.length < 55 || !shape.test(given)) return false;
  return given.length === 55 || !given.startsWith("00");
}

/**
 * The `traceparent` to send when no spans are exported: a valid one unchanged, so that the trace does not name a span
 * that nobody ever sees; else a new one, not sampled.
 */
export function passTrace(given: string | undefined): string {
  if (given === undefined || !isTraceparent(given)) return `00-${traceId()}-${randomHex16()}-00`;
  // A later version is sent on as the one this code knows (section 3.2.4).
  return given.startsWith("00") ? given : `00-${given.slice(3, 53)}${sampledFlag(given) ? "01" : "00"}`;
}

/**
 * The place of a request of which we export a span: continues the client's trace or begins one.
 * @param given the client's `traceparent`; undefined when there is none or more than one.
 * @param trusted whether the client may decide whether the trace is sampled. Anybody else's ids are kept, so that
 * traces join, but not their flag: it would let a client hide its requests, or have all of them recorded.
 */
export function traceOf(given: string | undefined, trusted: boolean, sampler: Sampler = everything): Trace {
  const known = given !== undefined && isTraceparent(given) ? given : undefined;
  const id = known?.slice(3, 35) ?? traceId();
  const spanId = randomHex16();
  const sampled =
    known !== undefined && trusted && sampler.parentBased ? sampledFlag(known) : isSampled(id, sampler.ratio);
  return {
    // Flags that are not known are not sent on by who makes a new parent id (section 3.2.2.5).
    traceparent: `00-${id}-${spanId}-${sampled ? "01" : "00"}`,
    traceId: id,
    parentId: known?.slice(36, 52),
    spanId,
    sampled,
    keepsState: known !== undefined,
  };
}

/** 52 of the 56 bits of a trace's id that are random: as many as a number holds exactly. */
const randomValues = 2 ** 52;

/**
 * Whether a trace is in a part of all. By its id, so that who decides by the same rule decides the same, and later requests of it
 * as the first. Source: OpenTelemetry, "TraceState: Probability Sampling", rejection threshold.
 */
function isSampled(id: string, ratio: number): boolean {
  if (ratio === 1) return true;
  return Number.parseInt(id.slice(18, 31), 16) >= (1 - ratio) * randomValues;
}

const sampledFlag = (traceparent: string): boolean =>
  (Number.parseInt(traceparent[54] as string, 16) & 1) === 1;

/** Random ids; all zero is not an id, and has one chance in 2^64 for the shorter one. */
function randomHex16(): string {
  const id = randomHex(16);
  return id === "0000000000000000" ? randomHex16() : id;
}
const traceId = (): string => `${randomHex16()}${randomHex(16)}`;
