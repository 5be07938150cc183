import type { Sampler } from "./observe/trace.ts";

/** Where spans go, and which. */
export interface OtlpSettings {
  /** The URL that takes traces. */
  readonly endpoint: URL;
  readonly serviceName: string;
  /** Sent with each batch; credentials, so that nothing may show them. */
  readonly headers: Readonly<Record<string, string>>;
  /** What the spans say of this process beside its name. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly sampler: Sampler;
}

/** Asks for a variable; undefined when it is not set. Throws when it is empty. */
type Read = (name: string) => string | undefined;
/** Why a variable cannot be used. Its value is not shown: credentials stand in some. */
export type Refuse = (name: string, why: string) => never;

/**
 * The variables of OpenTelemetry's specification ("Environment Variable Specification", "OpenTelemetry Protocol Exporter") that mean
 * something here; undefined without an endpoint. What the gateway could not do as it is asked stops it.
 */
export function otlpSettings(read: Read, refuse: Refuse): OtlpSettings | undefined {
  const endpoint = read("OTEL_EXPORTER_OTLP_ENDPOINT");
  // Read even so: a bad value is told before somebody sets an endpoint.
  const attributes = listOf("OTEL_RESOURCE_ATTRIBUTES", read, refuse, () => undefined);
  const headers = listOf("OTEL_EXPORTER_OTLP_HEADERS", read, refuse, headerFault);
  const sampler = samplerOf(read, refuse);
  const protocol = read("OTEL_EXPORTER_OTLP_PROTOCOL") ?? "http/json";
  if (protocol !== "http/json")
    refuse("OTEL_EXPORTER_OTLP_PROTOCOL", "must be http/json, or not set: nothing else is spoken");
  const serviceName = read("OTEL_SERVICE_NAME") ?? attributes["service.name"] ?? "gateway";
  if (endpoint === undefined) return undefined;
  const { "service.name": _name, ...others } = attributes;
  return { endpoint: collector(endpoint, refuse), serviceName, headers, attributes: others, sampler };
}

/** The traces URL below an OTLP endpoint (OpenTelemetry protocol exporter, endpoint URLs for OTLP/HTTP). */
function collector(value: string, refuse: Refuse): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:") || url.username !== "")
    refuse("OTEL_EXPORTER_OTLP_ENDPOINT", "must be a URL such as http://collector:4318, without a user");
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/v1/traces`;
  return url;
}

/**
 * `name=value,name=value` with values that are percent-encoded, as W3C Baggage writes them, without its properties behind a
 * semicolon (OpenTelemetry, "Specifying headers via environment variables").
 */
function listOf(
  variable: string,
  read: Read,
  refuse: Refuse,
  faultOf: (name: string, value: string) => string | undefined,
): Readonly<Record<string, string>> {
  const found = new Map<string, string>();
  const text = read(variable);
  for (const [index, entry] of (text === undefined ? [] : text.split(",")).entries()) {
    const wrong = (why: string): never => refuse(variable, `entry ${index + 1}: ${why}`);
    const [, name, encoded] =
      /^[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*(.*?)[ \t]*$/.exec(entry) ?? [];
    if (name === undefined || encoded === undefined) return wrong("must be name=value");
    if (!/^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/.test(encoded))
      return wrong(`the value of ${name} must be percent-encoded: %20 for a blank, %3B for a semicolon`);
    const value = decoded(encoded);
    if (value === undefined)
      return wrong(`the value of ${name} has a % without two hexadecimal digits behind it`);
    const fault = faultOf(name, value);
    if (fault !== undefined) return wrong(fault);
    if ([...found.keys()].some((other) => other.toLowerCase() === name.toLowerCase()))
      return wrong(`${name} is set twice`);
    found.set(name, value);
  }
  return Object.fromEntries(found);
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Fields that HTTP itself needs. */
const ownFields =
  /^(connection|content-encoding|content-length|content-type|expect|host|te|trailer|transfer-encoding|upgrade)$/i;

function headerFault(name: string, value: string): string | undefined {
  if (ownFields.test(name)) return `${name} is a header that the sender sets itself`;
  if (!/^[\x20-\x7e]*$/.test(value)) return `the value of ${name} must be printable ASCII`;
  return undefined;
}

const samplers = ["always_on", "always_off", "traceidratio"] as const;

function samplerOf(read: Read, refuse: Refuse): Sampler {
  const variable = "OTEL_TRACES_SAMPLER";
  const said = read(variable) ?? "parentbased_always_on";
  const parentBased = said.startsWith("parentbased_");
  const kind = samplers.find((each) => each === said.replace(/^parentbased_/, ""));
  if (kind === undefined)
    return refuse(variable, `must be one of ${samplers.join(", ")}, or one of them behind parentbased_`);
  const ratio = read(`${variable}_ARG`);
  const part = Number(ratio ?? 1);
  if (kind === "traceidratio" && !(part >= 0 && part <= 1 && /^[\d.e-]+$/i.test(ratio ?? "1")))
    refuse(`${variable}_ARG`, "must be a number from 0 to 1, such as 0.01");
  return {
    parentBased,
    ratio: kind === "always_on" ? 1 : kind === "always_off" ? 0 : part,
  };
}
