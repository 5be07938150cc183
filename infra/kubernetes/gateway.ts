import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { routeTable } from "../../config/routes.ts";
import { gatewayName } from "../../core/names.ts";
import { type ClusterTarget, configMap, labelsOf, selectorOf } from "./cluster.ts";
import { metricsPort } from "./network-policies.ts";
import { podTemplate, probeTiming, resources, startup } from "./pod.ts";
import { replicasOf, scaled } from "./scaling.ts";
import { withdrawSeconds } from "./services.ts";

const component = gatewayName;
const routesDirectory = "/etc/beat";

/** The gateway: Deployment, Service, disruption budget, autoscaler where asked for, and its way out of the cluster. */
export class Gateway extends pulumi.ComponentResource {
  readonly deployment: k8s.apps.v1.Deployment;
  readonly service: k8s.core.v1.Service;

  constructor(
    name: string,
    target: ClusterTarget,
    after: readonly pulumi.Resource[],
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("beat:kubernetes:Gateway", name, {}, opts);
    const { platform, settings, namespace } = target;
    const { gateway, exposure } = settings.kubernetes;
    const labels = labelsOf(target, component);
    const base = { parent: this, dependsOn: [...target.ready] };
    const routes = configMap(
      target,
      {
        name: "gateway-routes",
        component,
        data: { "routes.json": JSON.stringify(routeTable(platform, settings.cors), undefined, 2) },
      },
      this,
    );
    const { port, stopGraceSeconds } = platform.gateway;
    // Not `ready`: one upstream that is down must not take the whole gateway out of its Service.
    const health = { httpGet: { path: "/_gateway/health", port: "http" } };
    this.deployment = new k8s.apps.v1.Deployment(
      component,
      {
        metadata: {
          name: component,
          namespace,
          labels,
          annotations: { "pulumi.com/timeoutSeconds": "240" },
        },
        spec: {
          ...replicasOf(gateway),
          revisionHistoryLimit: 3,
          strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
          selector: { matchLabels: selectorOf(target, component) },
          template: podTemplate(target, {
            component,
            uid: 1000,
            spread: "replicas",
            movable: true,
            stopGraceSeconds: stopGraceSeconds + withdrawSeconds,
            scratch: [{ name: "tmp", path: "/tmp" }],
            volumes: [{ name: "routes", configMap: { name: routes.name } }],
            containers: [
              {
                name: component,
                image: target.images.gateway,
                env: [
                  { name: "PROXY_PORT", value: String(port) },
                  { name: "GATEWAY_ROUTES", value: `${routesDirectory}/routes.json` },
                  { name: "GATEWAY_METRICS_PORT", value: String(metricsPort) },
                  ...(gateway.trustedProxies.length > 0
                    ? [{ name: "GATEWAY_TRUSTED_PROXIES", value: gateway.trustedProxies.join(",") }]
                    : []),
                ],
                ports: [
                  { name: "http", containerPort: port },
                  { name: "metrics", containerPort: metricsPort },
                ],
                resources: resources(platform.gateway.memoryMiB, gateway.cpu),
                startupProbe: { ...health, ...startup(60), periodSeconds: 1 },
                readinessProbe: { ...health, ...probeTiming.readiness },
                livenessProbe: { ...health, ...probeTiming.liveness },
                lifecycle: { preStop: { sleep: { seconds: withdrawSeconds } } },
                volumeMounts: [{ name: "routes", mountPath: routesDirectory, readOnly: true }],
              },
            ],
          }),
        },
      },
      { ...base, dependsOn: [...target.ready, routes.resource, ...after] },
    );
    this.service = createService(target, base);
    scaled(target, component, gateway, base);
    if (exposure.type === "ingress") createIngress(target, exposure, base);
    if (exposure.type === "gatewayApi") createRoute(target, exposure, base);
    this.registerOutputs();
  }
}

type Options = pulumi.CustomResourceOptions;
type Exposure<T extends string> = Extract<ClusterTarget["settings"]["kubernetes"]["exposure"], { type: T }>;

function createService(target: ClusterTarget, opts: Options): k8s.core.v1.Service {
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

function createIngress(target: ClusterTarget, exposure: Exposure<"ingress">, opts: Options): void {
  const { publicHost } = target.settings;
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
        tls: [{ hosts: [publicHost], secretName: exposure.tlsSecret }],
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
function createRoute(target: ClusterTarget, exposure: Exposure<"gatewayApi">, opts: Options): void {
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
