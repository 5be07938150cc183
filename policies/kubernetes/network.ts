import { type GraphResource, list, type Rule, record, records, type Violation } from "../rule.ts";
import { namespaceOf, objectsOf, type Pod, podsBehind, podsOf, selects } from "./objects.ts";

const policyTypes = ["Ingress", "Egress"] as const;

/** Pods that no policy selects may talk to everybody: Kubernetes denies only where a policy applies. */
export const networkPolicyForEveryPod: Rule = {
  name: "network-policy-for-every-pod",
  description: "Every pod is selected by network policies for both directions.",
  check: (resources) => {
    const policies = objectsOf(resources, "NetworkPolicy").map(({ props }) => ({
      namespace: namespaceOf(props),
      spec: record(props.spec),
    }));
    return podsOf(resources).flatMap(({ resource, namespace, labels }): Violation[] => {
      const applying = policies.filter(
        (policy) => policy.namespace === namespace && selects(policy.spec.podSelector ?? {}, labels),
      );
      return policyTypes
        .filter((type) => !applying.some(({ spec }) => directions(spec).includes(type)))
        .map((type) => ({
          resource,
          message: `no network policy restricts its ${type.toLowerCase()}`,
          fix: `select it by a NetworkPolicy with policyTypes [${type}], such as a default deny`,
        }));
    });
  },
};

/** Source: NetworkPolicySpec.policyTypes: Ingress always, Egress when there are rules for it, unless it is said. */
function directions(spec: Readonly<Record<string, unknown>>): readonly unknown[] {
  if (spec.policyTypes !== undefined) return list(spec.policyTypes);
  return spec.egress === undefined ? ["Ingress"] : policyTypes;
}

/** Whether people outside of the cluster reach a Service by itself. */
const isOpen = (service: GraphResource): boolean => {
  const spec = record(service.props.spec);
  return !["ClusterIP", undefined].includes(spec.type as string) || list(spec.externalIPs).length > 0;
};

interface Backend {
  /** The Ingress or route. */
  readonly via: string;
  readonly service: GraphResource;
  /** The Service's port by name or number; undefined for an unnamed one. */
  readonly port: unknown;
}

/** Services that an Ingress or a route of the Gateway API opens to the outside. */
function backendsOf(resources: readonly GraphResource[]): Backend[] {
  const services = objectsOf(resources, "Service");
  const found = (from: GraphResource, name: unknown, port: unknown): Backend[] =>
    services
      .filter(
        ({ props }) => record(props.metadata).name === name && namespaceOf(props) === namespaceOf(from.props),
      )
      .map((service) => ({ via: from.name, service, port }));
  const ingress = objectsOf(resources, "Ingress").flatMap((object) => {
    const { rules, defaultBackend } = record(object.props.spec);
    const backends = [
      record(defaultBackend),
      ...records(rules).flatMap(({ http }) =>
        records(record(http).paths).map(({ backend }) => record(backend)),
      ),
    ];
    return backends.flatMap((backend) => {
      const { name, port } = record(backend.service);
      return found(object, name, record(port).name ?? record(port).number);
    });
  });
  const routes = ["HTTPRoute", "TCPRoute", "TLSRoute", "GRPCRoute"].flatMap((kind) =>
    objectsOf(resources, kind).flatMap((object) =>
      records(record(object.props.spec).rules)
        .flatMap(({ backendRefs }) => records(backendRefs))
        .flatMap(({ name, port }) => found(object, name, port)),
    ),
  );
  return [...ingress, ...routes];
}

/** Redis and Kafka have no credentials: whoever reaches them owns them. */
export const noPublicStores: Rule = {
  name: "no-public-stores",
  description: "Services of stores (StatefulSets) are reachable inside the cluster only.",
  check: (resources) => {
    const pods = podsOf(resources);
    const isStore = (service: GraphResource) =>
      podsBehind(service, pods).some(({ kind }) => kind === "StatefulSet");
    return [
      ...objectsOf(resources, "Service")
        .filter((service) => isOpen(service) && isStore(service))
        .map(({ name, props }) => ({
          resource: name,
          message: `opens a store to the outside (type ${String(record(props.spec).type)})`,
          fix: "make it a ClusterIP Service without externalIPs",
        })),
      ...backendsOf(resources)
        .filter(({ service }) => isStore(service))
        .map(({ via, service }) => ({
          resource: via,
          message: `leads from the outside to the store behind ${service.name}`,
          fix: "remove the backend",
        })),
    ];
  },
};

/** Metrics tell paths, load and versions. */
export const noPublicMetrics: Rule = {
  name: "no-public-metrics",
  description: "No port for metrics is reachable from outside of the cluster.",
  check: (resources) => {
    const pods = podsOf(resources);
    return [
      ...objectsOf(resources, "Service")
        .filter(isOpen)
        .flatMap((service) =>
          records(record(service.props.spec).ports)
            .filter((port) => leadsToMetrics(port, podsBehind(service, pods)))
            .map(({ port }) => ({
              resource: service.name,
              message: `publishes metrics on port ${String(port)}`,
              fix: "put the metrics port into a ClusterIP Service of its own",
            })),
        ),
      ...backendsOf(resources).flatMap(({ via, service, port }) =>
        records(record(service.props.spec).ports)
          .filter((known) => known.name === port || known.port === port)
          .filter((known) => leadsToMetrics(known, podsBehind(service, pods)))
          .map(() => ({
            resource: via,
            message: `leads to the metrics port of ${service.name}`,
            fix: "use the port that serves requests",
          })),
      ),
    ];
  },
};

function leadsToMetrics(port: Readonly<Record<string, unknown>>, pods: readonly Pod[]): boolean {
  const target = port.targetPort ?? port.port;
  const named = pods
    .flatMap(({ containers }) => containers.flatMap(({ fields }) => records(fields.ports)))
    .filter(({ name, containerPort }) => name === target || containerPort === target)
    .map(({ name }) => name);
  return [port.name, target, ...named].some((name) => /metrics/i.test(String(name)));
}
