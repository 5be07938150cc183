import { isLoopback } from "../../core/addresses.ts";
import { configSetCommand } from "../../core/config-commands.ts";
import type { Problem } from "../../core/problems.ts";
import type { Role } from "../../core/workload.ts";
import { storePorts } from "../../stores/index.ts";
import { namespace } from "./problems.ts";
import type { DockerSettings, Settings } from "./schema.ts";

/** The address of the engine's machine that the ports of a workload are published at. */
export const bindOf = (settings: Pick<DockerSettings, "bind" | "storesBind">, role: Role): string =>
  role === "gateway" ? settings.bind : settings.storesBind;

/**
 * A stack that is not for development keeps its stores to its own machine: Redis and Kafka ask nobody for a password, and engines
 * write their own rules in front of a firewall's.
 */
export function exposedStores(settings: Settings): Problem[] {
  if (settings.target !== "docker") return [];
  const { environment, storesBind, ports, devTools } = settings;
  if (environment === "Development" || isLoopback(storesBind)) return [];
  const { gateway: _gateway, services, dashboards, ...stores } = ports;
  const tools: Readonly<Record<string, { readonly tool?: boolean }>> = storePorts;
  const open = [
    ...Object.entries(stores).filter(([name]) => devTools || tools[name]?.tool !== true),
    ...(settings.observability.dev ? [["dashboards", dashboards] as const] : []),
    ...Object.entries(services).map(([name, port]) => [`services.${name}`, port] as const),
  ].flatMap(([name, port]) => (port === false ? [] : [`ports.${name}`]));
  if (open.length === 0) return [];
  return [
    {
      path: `${namespace}storesBind`,
      message: `${storesBind} lets other machines reach ${open.join(", ")}, and the stack is not for development`,
      fix: `${configSetCommand(`${namespace}storesBind`, "127.0.0.1")}, or set those ports to false`,
    },
  ];
}
