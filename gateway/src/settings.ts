import { BlockList, isIP } from "node:net";
import { availableParallelism } from "node:os";
import { type OtlpSettings, otlpSettings } from "./otlp-settings.ts";
import { Variables } from "./variables.ts";

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
  /** How long a client's connection is kept between requests. */
  readonly clientIdle: number;
  /** How long a client may take nothing of its answer. */
  readonly sendTimeout: number;
  /** How long a connection that ends is read over after the client's last byte, so that no reset overtakes the answer. */
  readonly linger: number;
  /** The same in total, however many bytes come. */
  readonly lingerMax: number;
  /** Connections of clients at once. */
  readonly maxConnections: number;
  /** The same of one client; undefined for no limit, since many may stand behind one address. */
  readonly maxConnectionsPerClient: number | undefined;
  readonly responseTimeout: number;
  /** How long a connection to an upstream is kept unused: less than the 60 s after which Phoenix ends it (contracts P16). */
  readonly upstreamIdle: number;
  /** How old a connection to an upstream grows, so that instances that came later get their share. */
  readonly upstreamMaxAge: number;
  /** Requests that one connection to an upstream carries. */
  readonly upstreamMaxRequests: number;
  /** Connections to one upstream at once. */
  readonly upstreamConnections: number;
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
  readonly otlp: OtlpSettings | undefined;
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
 * usually a variable that somebody forgot to fill in. So is a GATEWAY_ variable that is not known: a misspelt limit must
 * not go unnoticed.
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const variables = new Variables(env);
  const text = (name: string, fallback: string): string => {
    const value = variables.get(name) ?? fallback;
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
  const unset = (name: string): boolean => variables.get(name) === undefined;
  const settings: Settings = {
    routes: unset("GATEWAY_ROUTES") ? undefined : text("GATEWAY_ROUTES", ""),
    host: text("PROXY_HOST", "0.0.0.0"),
    port: whole("PROXY_PORT", 9000, 0, 65535),
    workers:
      variables.get("GATEWAY_WORKERS") === "auto"
        ? availableParallelism()
        : whole("GATEWAY_WORKERS", 1, 1, 256, " or auto"),
    connectTimeout: whole("GATEWAY_CONNECT_TIMEOUT_MS", 3_000),
    headersTimeout: whole("GATEWAY_HEADERS_TIMEOUT_MS", 15_000),
    bodyTimeout: whole("GATEWAY_BODY_TIMEOUT_MS", 30_000),
    clientIdle: whole("GATEWAY_CLIENT_IDLE_MS", 75_000),
    sendTimeout: whole("GATEWAY_SEND_TIMEOUT_MS", 60_000),
    linger: whole("GATEWAY_LINGER_MS", 5_000),
    lingerMax: whole("GATEWAY_LINGER_MAX_MS", 30_000),
    maxConnections: whole("GATEWAY_MAX_CONNECTIONS", 16_384, 1, 1_000_000),
    maxConnectionsPerClient: unset("GATEWAY_MAX_CONNECTIONS_PER_CLIENT")
      ? undefined
      : whole("GATEWAY_MAX_CONNECTIONS_PER_CLIENT", 0, 1, 1_000_000),
    responseTimeout: whole("GATEWAY_RESPONSE_TIMEOUT_MS", 60_000),
    upstreamIdle: whole("GATEWAY_UPSTREAM_IDLE_MS", 50_000),
    upstreamMaxAge: whole("GATEWAY_UPSTREAM_MAX_AGE_MS", 300_000),
    upstreamMaxRequests: whole("GATEWAY_UPSTREAM_MAX_REQUESTS", 10_000),
    upstreamConnections: whole("GATEWAY_UPSTREAM_CONNECTIONS", 1_024, 1, 1_000_000),
    tunnelIdle: whole("GATEWAY_TUNNEL_IDLE_MS", 300_000),
    tunnelHalfClosed: whole("GATEWAY_TUNNEL_HALF_CLOSED_MS", 30_000),
    drain: whole("GATEWAY_DRAIN_MS", 20_000),
    drainDelay: whole("GATEWAY_DRAIN_DELAY_MS", 1_000, 0),
    maxHeaderBytes: whole("GATEWAY_MAX_HEADER_BYTES", 32_768, 1024),
    maxBodyBytes: whole("GATEWAY_MAX_BODY_BYTES", 33_554_432, 0, Number.MAX_SAFE_INTEGER),
    maxHeaders: whole("GATEWAY_MAX_HEADERS", 200, 1, 10_000),
    metricsPort: unset("GATEWAY_METRICS_PORT") ? undefined : whole("GATEWAY_METRICS_PORT", 0, 0, 65535),
    accessLog: onOff("GATEWAY_ACCESS_LOG", text("GATEWAY_ACCESS_LOG", "on")),
    otlp: otlpSettings(
      (name) => (unset(name) ? undefined : text(name, "")),
      (name, why) => {
        throw new SettingsError(`${name}: ${why}`);
      },
    ),
    trusted: trustList(unset("GATEWAY_TRUSTED_PROXIES") ? "" : text("GATEWAY_TRUSTED_PROXIES", "")),
  };
  const unknown = variables.unknown();
  if (unknown !== undefined)
    throw new SettingsError(`${unknown.name}: is no setting: write ${unknown.nearest}, or unset it`);
  return settings;
}

function onOff(name: string, value: string): boolean {
  if (value !== "on" && value !== "off") throw new SettingsError(`${name}: "${value}": must be on or off`);
  return value === "on";
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
