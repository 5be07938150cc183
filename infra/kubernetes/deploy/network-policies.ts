import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type Dns, localDns } from "../../../config/settings/cluster-network.ts";
import { controllerOf } from "../../../config/settings/exposure.ts";
import { observabilityOf } from "../../../config/settings/observability.ts";
import type { Connection } from "../../../core/connections.ts";
import type { Monitored } from "../../workloads/monitored.ts";
import { labelsOf, selectorOf } from "../labels.ts";
import type { ClusterTarget } from "./cluster.ts";

type Ingress = k8s.types.input.networking.v1.NetworkPolicyIngressRule;
type Peer = k8s.types.input.networking.v1.NetworkPolicyPeer;
type Egress = k8s.types.input.networking.v1.NetworkPolicyEgressRule;

/** What {@link NetworkPolicies} are made from. */
export interface NetworkArgs {
  readonly connections: readonly Connection[];
  /** What a scraper of another namespace may read. */
  readonly monitored: readonly Monitored[];
}

/**
 * Nothing may connect to anything but DNS, except along the connections of the definition; and what is exposed, from where
 * it is exposed to.
 */
export class NetworkPolicies extends pulumi.ComponentResource {
  readonly policies: readonly k8s.networking.v1.NetworkPolicy[];

  constructor(
    name: string,
    target: ClusterTarget,
    { connections, monitored }: NetworkArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("beat:kubernetes:NetworkPolicies", name, {}, opts);
    const { namespace } = target;
    const policy = (policyName: string, spec: k8s.types.input.networking.v1.NetworkPolicySpec) =>
      new k8s.networking.v1.NetworkPolicy(
        policyName,
        { metadata: { name: policyName, namespace, labels: labelsOf(target, "network") }, spec },
        { parent: this, dependsOn: [...target.ready] },
      );
    const pods = (component: string) => ({ matchLabels: selectorOf(target, component) });
    const egress = groupBy(connections, ({ from }) => from);
    const ingress = groupBy(
      connections.filter(({ outside }) => outside === undefined),
      ({ to }) => to,
    );
    this.policies = [
      policy("default-deny", { podSelector: {}, policyTypes: ["Ingress", "Egress"] }),
      policy("dns", {
        podSelector: {},
        policyTypes: ["Egress"],
        egress: dnsEgress(target.settings.kubernetes.dns),
      }),
      ...[...egress].map(([from, list]) =>
        policy(`from-${from}`, {
          podSelector: pods(from),
          policyTypes: ["Egress"],
          egress: list.map(
            (connection): Egress => ({
              to: destination(connection, pods),
              ports: [{ protocol: "TCP", port: connection.port }],
            }),
          ),
        }),
      ),
      ...[...ingress].map(([to, list]) =>
        policy(`to-${to}`, {
          podSelector: pods(to),
          policyTypes: ["Ingress"],
          ingress: [...groupBy(list, ({ port }) => String(port))].map(
            ([port, same]): Ingress => ({
              from: same.map(({ from }) => ({ podSelector: pods(from) })),
              ports: [{ protocol: "TCP", port: Number(port) }],
            }),
          ),
        }),
      ),
      policy("to-gateway", {
        podSelector: pods("gateway"),
        policyTypes: ["Ingress"],
        ingress: gatewayIngress(target),
      }),
      ...scraped(target, monitored).map(([host, ports]) =>
        policy(`metrics-of-${host}`, {
          podSelector: pods(host),
          policyTypes: ["Ingress"],
          ingress: ports,
        }),
      ),
    ];
    this.registerOutputs();
  }
}

/** Selects one namespace by the label that every one has. */
const inNamespace = (name: string) => ({ matchLabels: { "kubernetes.io/metadata.name": name } });

/**
 * To where names are resolved. Unless the stack says it: the pods of kube-system, those of OpenShift's DNS, which exist there
 * alone, and what answers on the node itself, which is no pod of a namespace.
 */
export function dnsEgress(dns: Dns = {}): Egress[] {
  const { namespace, podLabels, port, addresses = localDns } = dns;
  const said = [namespace, podLabels, port].some((part) => part !== undefined);
  const pods = (of: string, at: number): Egress => ({
    to: [
      {
        namespaceSelector: inNamespace(of),
        ...(podLabels && { podSelector: { matchLabels: { ...podLabels } } }),
      },
    ],
    ports: bothProtocols(at),
  });
  return [
    pods(namespace ?? "kube-system", port ?? 53),
    ...(said ? [] : [pods("openshift-dns", 5353)]),
    ...(addresses.length > 0 ? [{ to: addresses.map(block), ports: bothProtocols(53) }] : []),
  ];
}

const bothProtocols = (port: number) => ["UDP", "TCP"].map((protocol) => ({ protocol, port }));

/** Any address, of either family. */
const anywhere = ["0.0.0.0/0", "::/0"];
const block = (cidr: string): Peer => ({ ipBlock: { cidr } });

function destination(
  { to, outside }: Connection,
  pods: (component: string) => { matchLabels: Record<string, string> },
): Peer[] {
  if (outside === undefined) return [{ podSelector: pods(to) }];
  if (outside.namespace !== undefined) return [{ namespaceSelector: inNamespace(outside.namespace) }];
  return (outside.cidr === undefined ? anywhere : [outside.cidr]).map(block);
}

function gatewayIngress({ platform, settings }: ClusterTarget): Ingress[] {
  const { exposure } = settings.kubernetes;
  const port = [{ protocol: "TCP", port: platform.gateway.port }];
  const rules: Ingress[] = [];
  if (exposure.type === "loadBalancer")
    rules.push({
      from: exposure.sourceRanges.length === 0 ? anywhere.map(block) : exposure.sourceRanges.map(block),
      ports: port,
    });
  const controller = controllerOf(exposure);
  if (controller !== undefined)
    rules.push({
      from: [
        ...controller.namespaces.map((name) => ({ namespaceSelector: inNamespace(name) })),
        ...controller.addresses.map(block),
      ],
      ports: port,
    });
  return rules;
}

/** Who reads metrics, at exactly the ports that tell them, by the host of their workload. */
function scraped({ settings }: ClusterTarget, monitored: readonly Monitored[]): [string, Ingress[]][] {
  const { scraperNamespace } = observabilityOf(settings);
  if (scraperNamespace === undefined) return [];
  return [...groupBy(monitored, ({ host }) => host)].map(([host, all]) => [
    host,
    [
      {
        from: [{ namespaceSelector: inNamespace(scraperNamespace) }],
        ports: all.map(({ port }) => ({ protocol: "TCP", port })),
      },
    ],
  ]);
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}
