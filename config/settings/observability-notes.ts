import { configRemoveCommand } from "../../core/config-commands.ts";
import { type ObservabilitySettings, observabilityOf, type Receiver } from "./observability.ts";

/** What the owner of a stack is told of what can be seen of it; nothing of it stops a deployment. */
export function observabilityNotes(
  settings: ObservabilitySettings & { readonly environment: string },
): { readonly name: string; readonly text: string }[] {
  const { receiver, dev } = observabilityOf(settings);
  const texts = [
    ...(receiver === undefined || dev ? [] : receiverTexts(receiver)),
    ...(dev && settings.environment === "Production"
      ? [
          `the dashboards ask nobody for a password and forget all when their container goes: they are meant for development; without them: ${configRemoveCommand("platform:observability.dev")}`,
        ]
      : []),
  ];
  return texts.map((text) => ({ name: "observability", text }));
}

function receiverTexts({ url, headers, sample }: Receiver): string[] {
  const { protocol, port } = new URL(url);
  const secret = Object.values(headers).some((value) => typeof value !== "string");
  const part = sample === 1 ? "all traces" : `${Number((sample * 100).toPrecision(6))} % of new traces`;
  return [
    `${part} go to ${url}: those of the gateway, and of services once they emit spans (docs/observability.md)`,
    ...(port === "4317"
      ? ["port 4317 is gRPC's as a rule, and HTTP is spoken: mostly that is 4318 (OpenTelemetry, OTLP ports)"]
      : []),
    ...(secret && protocol === "http:"
      ? ["the secret of a header goes over http:// for all on the way to read: https:// hides it"]
      : []),
  ];
}
