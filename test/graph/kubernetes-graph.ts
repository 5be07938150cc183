import type { PlatformModel } from "../../config/define/model.ts";
import { platform as realPlatform } from "../../config/platform.ts";
import { program } from "../../stacks/program.ts";
import { type Registered, register } from "./mocks.ts";

/** The definition, as the targets see it. */
export const platform: PlatformModel = realPlatform;

// biome-ignore lint/suspicious/noExplicitAny: the graph is JSON, and a test reads it anywhere
export type Json = any;

/** What the program registers for a cluster. @param config settings of the cluster. @param more other settings, as texts. */
export const graphOf = (
  config: object = {},
  more: Readonly<Record<string, string>> = {},
): Promise<Registered[]> =>
  register(
    "prod",
    {
      "platform:target": "kubernetes",
      "platform:source": "sample",
      "platform:kubernetes": JSON.stringify(config),
      ...more,
    },
    program,
  );

/** The objects of a kind, by the names they are registered under. */
export const objects = (graph: readonly Registered[], kind: string): Map<string, Json> =>
  new Map(
    graph.filter(({ type }) => type.endsWith(`:${kind}`)).map(({ name, inputs }) => [name, inputs as Json]),
  );

/** A graph with all that a stack may open to the outside. */
export const exposedGraph = (): Promise<Registered[]> =>
  graphOf({
    exposure: { type: "ingress", tlsSecret: "gateway-tls", className: "nginx" },
    gateway: { metricsFrom: "monitoring" },
  });
