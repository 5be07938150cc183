import { validateHost } from "../../core/host-names.ts";
import type { Invalid } from "../../core/validation.ts";

/** What a client of OTLP puts behind the address. Source: OpenTelemetry, "OpenTelemetry Protocol Exporter", endpoint URLs. */
const signal = /\/v1\/(traces|metrics|logs)\/*$/;

const rule =
  "must be https:// or http:// and a host, with a port and a path where they are needed, without login, query and fragment";

/** Why a text is no address of a receiver of OTLP/HTTP; undefined when it is one. */
export function validateReceiver(text: string): Invalid | undefined {
  if (!/^https?:\/\/[^/?#@\s]+(\/[^?#\s]*)?$/.test(text) || !URL.canParse(text)) {
    const write = `https://${text}`;
    return /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9/_-]*)?$/.test(text) && validateReceiver(write) === undefined
      ? { message: rule, write }
      : rule;
  }
  const { hostname } = new URL(text);
  if (/^(localhost|127\.[\d.]+|0\.0\.0\.0|\[::1?\])$/.test(hostname))
    return "must not be the machine itself: in a container that is the container";
  if (!hostname.startsWith("[") && validateHost(hostname) !== undefined) return rule;
  if (signal.test(text))
    return {
      message: "must be the base of the receiver's paths: what sends puts v1/traces behind it",
      write: text.replace(signal, ""),
    };
  return undefined;
}
