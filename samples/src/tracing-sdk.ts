import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { detectResources, envDetector } from "@opentelemetry/resources";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";

/**
 * Sends spans as the environment says: receiver, headers, sampler, name and attributes are read by the library. As JSON, which every
 * receiver of OTLP/HTTP takes. Ends with what sends the rest.
 */
export function sendSpans(): () => Promise<void> {
  const provider = new NodeTracerProvider({
    resource: detectResources({ detectors: [envDetector] }),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter(), { scheduledDelayMillis: 2000 })],
  });
  // W3C Trace Context, and Baggage beside it, are its propagators.
  provider.register();
  return () => provider.shutdown().catch(() => {});
}
