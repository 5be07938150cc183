import { z } from "zod";
import { annotations, cidr, dnsLabel, dnsSubdomain, port } from "../../core/fields.ts";
import { uniqueList } from "../../core/validation.ts";

const controller = {
  controllerNamespace: dnsLabel
    .optional()
    .describe("the namespace its controller's pods run in: those may speak to the gateway"),
  controllerAddresses: uniqueList(cidr)
    .min(1)
    .optional()
    .describe(
      "address ranges its controller connects from, where it is no pod of a namespace: a cloud's balancer, or pods on the nodes' own network",
    ),
};

/** `platform:kubernetes.exposure`: how the gateway is reached from outside the cluster. Its metrics never are. */
export const exposureSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("none") }),
  z.strictObject({
    type: z.literal("ingress"),
    className: dnsSubdomain.optional().describe("ingress class; default: the cluster's own"),
    tlsSecret: dnsSubdomain
      .optional()
      .describe(
        "secret (type kubernetes.io/tls) of the namespace; cert-manager makes it when an annotation asks for one. None where the controller has its certificates from elsewhere",
      ),
    annotations: annotations.default({}).describe("of the Ingress, e.g. for cert-manager"),
    ...controller,
  }),
  z.strictObject({
    type: z.literal("gatewayApi"),
    gateway: z.strictObject({
      name: dnsSubdomain.describe("the Gateway that the route is attached to"),
      namespace: dnsLabel.describe("its namespace"),
      sectionName: dnsSubdomain.optional().describe("one of its listeners; default: all"),
    }),
    ...controller,
  }),
  z.strictObject({
    type: z.literal("loadBalancer"),
    port: port.default(80).describe("port of the load balancer"),
    annotations: annotations.default({}).describe("of the Service, e.g. for the cloud's controller"),
    sourceRanges: uniqueList(cidr).default([]).describe("addresses that may connect; default: all"),
  }),
]);

/** How the gateway is reached from outside the cluster. */
export type Exposure = z.output<typeof exposureSchema>;

/** Addresses that no client of the Internet has. Source: RFC 1918, RFC 6598, RFC 4193. */
export const privateRanges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"];

/** From where Google's front ends and health checks connect. Source: Google Cloud, "Firewall rules", load balancing. */
const googleFrontEnds = ["130.211.0.0/22", "35.191.0.0/16", "2600:2d00:1:1::/64", "2600:2d00:1:b029::/64"];

/** Where controllers run, by ingress class: as each one's own installation has it. */
const knownControllers: Readonly<Record<string, Omit<Controller, "origin">>> = {
  alb: { namespaces: [], addresses: privateRanges },
  gce: { namespaces: [], addresses: googleFrontEnds },
  "gce-internal": { namespaces: [], addresses: [...googleFrontEnds, ...privateRanges] },
  "azure-application-gateway": { namespaces: [], addresses: privateRanges },
  "azure/application-gateway": { namespaces: [], addresses: privateRanges },
  "webapprouting.kubernetes.azure.com": { namespaces: ["app-routing-system"], addresses: [] },
  "openshift-default": { namespaces: ["openshift-ingress"], addresses: [] },
  traefik: { namespaces: ["traefik"], addresses: [] },
  haproxy: { namespaces: ["haproxy-controller"], addresses: [] },
  contour: { namespaces: ["projectcontour"], addresses: [] },
  kong: { namespaces: ["kong"], addresses: [] },
};

/** ingress-nginx, which gets no more mends since March 2026: what a stack that names nothing has always used. */
const former: Omit<Controller, "origin"> = { namespaces: ["ingress-nginx"], addresses: [] };

/** Who may speak to the gateway from outside the platform. */
export interface Controller {
  readonly namespaces: readonly string[];
  readonly addresses: readonly string[];
  /** Whether the stack says it, its class tells it, or nobody does. */
  readonly origin: "said" | "class" | "assumed";
}

/** Who carries requests to the gateway; undefined where no controller does. */
export function controllerOf(exposure: Exposure): Controller | undefined {
  if (exposure.type !== "ingress" && exposure.type !== "gatewayApi") return undefined;
  const { controllerNamespace: namespace, controllerAddresses: addresses } = exposure;
  if (namespace !== undefined || addresses !== undefined)
    return {
      namespaces: namespace === undefined ? [] : [namespace],
      addresses: addresses ?? [],
      origin: "said",
    };
  const known = exposure.type === "ingress" ? knownControllers[classOf(exposure) ?? ""] : undefined;
  if (known !== undefined) return { ...known, origin: "class" };
  return exposure.type === "ingress" ? { ...former, origin: "assumed" } : undefined;
}

/** The class of an Ingress: GKE reads its annotation alone. */
export const classOf = ({
  className,
  annotations,
}: Extract<Exposure, { type: "ingress" }>): string | undefined =>
  className ?? annotations["kubernetes.io/ingress.class"];
