import { BlockList, isIP } from "node:net";
import { availableParallelism } from "node:os";

/** The gateway's settings; times in milliseconds, sizes in bytes. */
export interface Settings {
  readonly routes: string | undefined;
  readonly host: string;
  readonly port: number;
  /** Processes that share the port. */
  readonly workers: number;
  readonly connectTimeout: number;
  readonly headersTimeout: number;
  readonly bodyTimeout: number;
  readonly responseTimeout: number;
  readonly tunnelIdle: number;
  /** How long a tunnel goes on once one side has ended. */
  readonly tunnelHalfClosed: number;
  /** From the signal to the end at the latest. */
  readonly drain: number;
  /** The part of it in which new connections are still taken. */
  readonly drainDelay: number;
  readonly maxHeaderBytes: number;
  readonly maxBodyBytes: number;
  /** Header fields of a request at most. */
  readonly maxHeaders: number;
  /** Port of the metrics, on the same host; undefined for none, so that several gateways can share a machine. */
  readonly metricsPort: number | undefined;
  /** Whether each request gets a line in the log; other events always do. */
  readonly accessLog: boolean;
  /** Where spans go; undefined for nowhere. */
  readonly otlp: { readonly endpoint: URL; readonly serviceName: string } | undefined;
  /** Whether a peer's `X-Forwarded-*` are believed. */
  readonly trusted: (address: string) => boolean;
}

/** A setting that cannot be used. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/**
 * Reads the settings from environment variables.
 * @throws {SettingsError} naming the variable, its value and the fix. An empty value is an error too: it is
 * usually a variable that somebody forgot to fill in.
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const text = (name: string, fallback: string): string => {
    const value = env[name] ?? fallback;
    if (value.trim() === "") throw new SettingsError(`${name}: is empty: unset it, or give it a value`);
    return value;
  };
  const whole = (name: string, fallback: number, least = 1, most = 2_147_483_647, or = ""): number => {
    const value = text(name, String(fallback));
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < least || number > most)
      throw new SettingsError(`${name}: "${value}": must be a whole number from ${least} to ${most}${or}`);
    return number;
  };
  return {
    routes: env.GATEWAY_ROUTES === undefined ? undefined : text("GATEWAY_ROUTES", ""),
    host: text("PROXY_HOST", "0.0.0.0"),
    port: whole("PROXY_PORT", 9000, 0, 65535),
    workers:
      env.GATEWAY_WORKERS === "auto"
        ? availableParallelism()
        : whole("GATEWAY_WORKERS", 1, 1, 256, " or auto"),
    connectTimeout: whole("GATEWAY_CONNECT_TIMEOUT_MS", 3_000),
    headersTimeout: whole("GATEWAY_HEADERS_TIMEOUT_MS", 15_000),
    bodyTimeout: whole("GATEWAY_BODY_TIMEOUT_MS", 30_000),
    responseTimeout: whole("GATEWAY_RESPONSE_TIMEOUT_MS", 60_000),
    tunnelIdle: whole("GATEWAY_TUNNEL_IDLE_MS", 300_000),
    tunnelHalfClosed: whole("GATEWAY_TUNNEL_HALF_CLOSED_MS", 30_000),
    drain: whole("GATEWAY_DRAIN_MS", 20_000),
    drainDelay: whole("GATEWAY_DRAIN_DELAY_MS", 1_000, 0),
    maxHeaderBytes: whole("GATEWAY_MAX_HEADER_BYTES", 32_768, 1024),
    maxBodyBytes: whole("GATEWAY_MAX_BODY_BYTES", 33_554_432, 0, Number.MAX_SAFE_INTEGER),
    maxHeaders: whole("GATEWAY_MAX_HEADERS", 200, 1, 10_000),
    metricsPort:
      env.GATEWAY_METRICS_PORT === undefined ? undefined : whole("GATEWAY_METRICS_PORT", 0, 0, 65535),
    accessLog: onOff("GATEWAY_ACCESS_LOG", text("GATEWAY_ACCESS_LOG", "on")),
    otlp:
      env.OTEL_EXPORTER_OTLP_ENDPOINT === undefined
        ? undefined
        : {
            endpoint: collector(text("OTEL_EXPORTER_OTLP_ENDPOINT", "")),
            serviceName: text("OTEL_SERVICE_NAME", "gateway"),
          },
    trusted: trustList(env.GATEWAY_TRUSTED_PROXIES === undefined ? "" : text("GATEWAY_TRUSTED_PROXIES", "")),
  };
}

function onOff(name: string, value: string): boolean {
  if (value !== "on" && value !== "off") throw new SettingsError(`${name}: "${value}": must be on or off`);
  return value === "on";
}

/** The traces URL below an OTLP endpoint (OpenTelemetry protocol exporter, endpoint URLs for OTLP/HTTP). */
function collector(value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:") || url.username !== "")
    // The value is not shown: it may hold a password.
    throw new SettingsError(
      "OTEL_EXPORTER_OTLP_ENDPOINT: must be a URL such as http://collector:4318, without a user",
    );
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/v1/traces`;
  return url;
}

function trustList(value: string): (address: string) => boolean {
  const list = new BlockList();
  for (const entry of value
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean)) {
    const [address = "", bits] = entry.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    const width = family === "ipv6" ? 128 : 32;
    if (isIP(address) === 0 || (bits !== undefined && (!/^\d+$/.test(bits) || Number(bits) > width)))
      throw new SettingsError(
        `GATEWAY_TRUSTED_PROXIES: "${entry}": must be an address or a network such as 10.0.0.0/8`,
      );
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (address) => list.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}
