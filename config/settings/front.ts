import { isIPv4 } from "node:net";
import { isLoopback } from "../../core/addresses.ts";
import { configSetCommand } from "../../core/config-commands.ts";
import type { Problem } from "../../core/problems.ts";
import { classOf, controllerOf, type Exposure, privateRanges } from "./exposure.ts";
import type { Settings } from "./schema.ts";

/** A machine's own addresses. */
const loopback = ["127.0.0.0/8", "::1/128"];

/** Whether people reach the stack under a name that is not this machine's own. */
const isPublic = ({ publicHost }: Settings): boolean => publicHost !== "localhost";

/**
 * The proxies in front of the gateway whose `X-Forwarded-*` it believes: what the stack says; else who can be in front. Behind
 * an Ingress or a Gateway that is its controller, which alone may speak to the gateway. An engine that publishes on this machine
 * alone, under a public name, is behind a proxy of this machine, seen by a container as an address of the engine's network.
 */
export function trustedProxiesOf(settings: Settings): readonly string[] {
  const said = saidOf(settings);
  if (said !== undefined) return said;
  if (settings.target === "docker")
    return isPublic(settings) && isLoopback(settings.bind) ? [...loopback, ...privateRanges] : [];
  const controller = controllerOf(settings.kubernetes.exposure);
  if (controller === undefined) return [];
  return [...new Set([...(controller.namespaces.length > 0 ? privateRanges : []), ...controller.addresses])];
}

const saidOf = (settings: Settings): readonly string[] | undefined =>
  settings.trustedProxies ??
  (settings.target === "kubernetes" ? settings.kubernetes.gateway.trustedProxies : undefined);

/** What a stack leaves open of what stands in front of its gateway and nobody but its owner knows. */
export interface FrontNote {
  readonly name: string;
  readonly text: string;
}

/** Notes for the owner of a stack; nothing of it stops a deployment. */
export function frontNotes(settings: Settings): FrontNote[] {
  return [...controllerNotes(settings), ...proxyNotes(settings)];
}

/** How a cluster's gateway is reached; undefined on an engine. */
const exposureOf = (settings: Settings): Exposure | undefined =>
  settings.target === "kubernetes" ? settings.kubernetes.exposure : undefined;

/** The commands that say who may speak to the gateway. @param otherwise when the second one is right. */
export const nameController = (namespace: string, otherwise: string): string =>
  `${configSetCommand(`${exposurePath}.controllerNamespace`, namespace)}, or ${otherwise}: ${configSetCommand(`${exposurePath}.controllerAddresses[0]`, "<range>")}`;
const exposurePath = "platform:kubernetes.exposure";

function controllerNotes(settings: Settings): FrontNote[] {
  const exposure = exposureOf(settings);
  if (exposure?.type !== "ingress") return [];
  const controller = controllerOf(exposure);
  if (controller === undefined || controller.origin === "said") return [];
  const name = "ingress controller";
  const mend = nameController("<its namespace>", "where it is no pod of a namespace");
  const of = classOf(exposure);
  if (controller.origin === "class") {
    const who = [
      ...controller.namespaces.map((each) => `pods of namespace ${each}`),
      ...controller.addresses,
    ];
    return [
      { name, text: `class ${of}: ${who.join(", ")} may speak to the gateway; if that is too much: ${mend}` },
    ];
  }
  return [
    {
      name,
      text: `nothing says where the one of ${of === undefined ? "the cluster's own class" : `class ${of}`} runs, so only pods of namespace ingress-nginx may speak to the gateway (ingress-nginx gets no more mends since March 2026): ${mend}`,
    },
  ];
}

function proxyNotes(settings: Settings): FrontNote[] {
  if (saidOf(settings) !== undefined) return [];
  const name = "trusted proxies";
  const proxies = trustedProxiesOf(settings);
  const mend = "pulumi config set --path 'platform:trustedProxies[0]' <range>";
  const exposure = exposureOf(settings);
  if (proxies.length > 0) {
    const google = exposure?.type === "ingress" && ["gce", "gce-internal"].includes(classOf(exposure) ?? "");
    return [
      {
        name,
        text: google
          ? `${proxies.join(", ")}; Google's balancer adds its own address as the last of X-Forwarded-For, which must be named beside these, or all clients count as one: ${mend}`
          : `${proxies.join(", ")}, since platform:trustedProxies says nothing; X-Forwarded-* of anybody else is not believed`,
      },
    ];
  }
  const exposed = exposure === undefined || exposure.type === "loadBalancer";
  if (!isPublic(settings) || !exposed) return [];
  return [
    {
      name,
      text: `platform:trustedProxies is not set: if a proxy stands in front (for TLS, say), all its clients share one rate limit and https becomes http for the services: ${mend}; where none does: pulumi config set platform:trustedProxies '[]'`,
    },
  ];
}

/** What is wrong with what a stack says of what stands in front of its gateway. */
export function frontProblems(settings: Settings): Problem[] {
  if (settings.target !== "kubernetes") return [];
  const problems: Problem[] = [];
  const { publicHost, trustedProxies } = settings;
  const { exposure, gateway } = settings.kubernetes;
  // Source: Kubernetes, Ingress rules and HTTPRoute hostnames: names alone.
  if (["ingress", "gatewayApi"].includes(exposure.type) && isIPv4(publicHost))
    problems.push({
      path: "platform:publicHost",
      message: `${publicHost} is an address, and an Ingress or a Gateway is asked by name`,
      fix: configSetCommand("platform:publicHost", "<host name>"),
    });
  if (trustedProxies !== undefined && gateway.trustedProxies !== undefined)
    problems.push({
      path: "platform:kubernetes.gateway.trustedProxies",
      message: "is said twice: platform:trustedProxies takes its place",
      fix: "pulumi config rm --path platform:kubernetes.gateway.trustedProxies",
    });
  if (exposure.type === "gatewayApi" && controllerOf(exposure) === undefined)
    problems.push({
      path: "platform:kubernetes.exposure.controllerNamespace",
      message: "is not set, nor controllerAddresses: nothing says who may speak to the gateway",
      fix: nameController("<namespace of the Gateway's proxies>", "for a cloud's balancer"),
    });
  return problems;
}
