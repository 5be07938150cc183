import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { classOf } from "../../../config/settings/exposure.ts";
import type { Workload } from "../../../core/workload.ts";
import { labelsOf, selectorOf } from "../labels.ts";
import { type ClusterTarget, ipFamilySpec } from "./cluster.ts";

type Options = pulumi.CustomResourceOptions;
type Exposure<T extends string> = Extract<ClusterTarget["settings"]["kubernetes"]["exposure"], { type: T }>;

/** The way of a workload's clients to it: its Service, and what leads there from outside the cluster. */
export function exposeWorkload(
  target: ClusterTarget,
  { name }: Workload,
  parent: pulumi.Resource,
): k8s.core.v1.Service {
  const { exposure } = target.settings.kubernetes;
  const opts = { parent, dependsOn: [...target.ready] };
  const service = createService(target, name, opts);
  if (exposure.type === "ingress") createIngress(target, name, exposure, opts);
  if (exposure.type === "gatewayApi") createRoute(target, name, exposure, opts);
  return service;
}

function createService(target: ClusterTarget, component: string, opts: Options): k8s.core.v1.Service {
  const { exposure } = target.settings.kubernetes;
  const balanced = exposure.type === "loadBalancer";
  return new k8s.core.v1.Service(
    component,
    {
      metadata: {
        name: component,
        namespace: target.namespace,
        labels: labelsOf(target, component),
        ...(balanced && { annotations: { ...exposure.annotations } }),
      },
      spec: {
        type: balanced ? "LoadBalancer" : "ClusterIP",
        ...ipFamilySpec(target),
        ...(balanced && {
          // Keeps the client's address, which rate limits and logs go by.
          externalTrafficPolicy: "Local",
          ...(exposure.sourceRanges.length > 0 && { loadBalancerSourceRanges: [...exposure.sourceRanges] }),
        }),
        selector: selectorOf(target, component),
        // The metrics port is not part of it: they are read from the pods.
        ports: [
          { name: "http", port: balanced ? exposure.port : target.platform.gateway.port, targetPort: "http" },
        ],
      },
    },
    opts,
  );
}

function createIngress(
  target: ClusterTarget,
  component: string,
  exposure: Exposure<"ingress">,
  opts: Options,
): void {
  const { publicHost } = target.settings;
  const { tlsSecret } = exposure;
  // A controller with certificates from elsewhere finds one by the host; Google's reads no entry without a Secret.
  const elsewhere = classOf(exposure)?.startsWith("gce") ? undefined : { hosts: [publicHost] };
  const tls = tlsSecret === undefined ? elsewhere : { hosts: [publicHost], secretName: tlsSecret };
  new k8s.networking.v1.Ingress(
    component,
    {
      metadata: {
        name: component,
        namespace: target.namespace,
        labels: labelsOf(target, component),
        annotations: { ...exposure.annotations },
      },
      spec: {
        ...(exposure.className !== undefined && { ingressClassName: exposure.className }),
        ...(tls && { tls: [tls] }),
        rules: [
          {
            host: publicHost,
            http: {
              paths: [
                {
                  path: "/",
                  pathType: "Prefix",
                  backend: { service: { name: component, port: { name: "http" } } },
                },
              ],
            },
          },
        ],
      },
    },
    opts,
  );
}

/** TLS is the Gateway's own: this route only names the listener. */
function createRoute(
  target: ClusterTarget,
  component: string,
  exposure: Exposure<"gatewayApi">,
  opts: Options,
): void {
  new k8s.apiextensions.CustomResource(
    component,
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata: { name: component, namespace: target.namespace, labels: labelsOf(target, component) },
      spec: {
        parentRefs: [{ ...exposure.gateway }],
        hostnames: [target.settings.publicHost],
        rules: [{ backendRefs: [{ name: component, port: target.platform.gateway.port }] }],
      },
    },
    opts,
  );
}
