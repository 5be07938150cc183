import type { PlatformModel } from "../../config/define/model.ts";
import { observabilityOf, type Receiver } from "../../config/settings/observability.ts";
import { asValue, secretOf, text, type Value, value } from "../../core/value.ts";
import type { Runtime } from "./runtime.ts";

/** How the spans of a program are written down: the gateway has JSON alone, libraries speak protobuf more tersely. */
export type OtlpProtocol = "http/json" | "http/protobuf";

/**
 * What tells a program where its spans go, in the variables that every library of OpenTelemetry reads; nothing where none are sent.
 * Source: OpenTelemetry, "Environment Variable Specification" and "OpenTelemetry Protocol Exporter".
 */
export function telemetryOf(
  platform: PlatformModel,
  runtime: Runtime,
  service: string,
  protocol: OtlpProtocol,
): Readonly<Record<string, Value>> {
  const { receiver } = observabilityOf(runtime.settings);
  if (receiver === undefined) return {};
  const headers = headersOf(receiver);
  return {
    ...text({
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_SERVICE_NAME: service,
      OTEL_RESOURCE_ATTRIBUTES: attributesOf(platform, runtime),
      // Who begins a trace decides for all of it.
      OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
      OTEL_TRACES_SAMPLER_ARG: String(receiver.sample),
    }),
    ...(headers && { OTEL_EXPORTER_OTLP_HEADERS: headers }),
  };
}

/** `name=value,…`; a secret stands there as it is kept, encoded (`config/settings/secret-rules.ts`). */
function headersOf({ headers }: Receiver): Value | undefined {
  const entries = Object.entries(headers).map(([name, said]) =>
    typeof said === "string"
      ? asValue(`${name}=${encodeURIComponent(said)}`)
      : value`${name}=${secretOf(said.secret)}`,
  );
  const [first, ...others] = entries;
  return first && others.reduce((all, one) => value`${all},${one}`, first);
}

/** What all programs of a stack have in common. Source: OpenTelemetry, semantic conventions, "Service" and "Deployment". */
function attributesOf({ name }: PlatformModel, { stack, id, kind }: Runtime): string {
  const attributes = {
    "service.namespace": name,
    "deployment.environment.name": stack ?? id,
    ...(kind === "cluster" && { "k8s.namespace.name": id }),
  };
  return Object.entries(attributes)
    .map(([key, said]) => `${key}=${encodeURIComponent(said)}`)
    .join(",");
}
