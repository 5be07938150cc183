import { type GraphResource, list, record, records } from "../rule.ts";

/** An object's properties; the shapes are checked by readers with `record` and `list`. */
export type Fields = Readonly<Record<string, unknown>>;

/** A container of a pod. */
export interface PodContainer {
  readonly label: string;
  readonly fields: Fields;
  /** Started before the others and expected to end. */
  readonly init: boolean;
}

/** A pod, or the template of one. */
export interface Pod {
  readonly resource: string;
  readonly kind: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: Fields;
  readonly containers: readonly PodContainer[];
  /** Runs until it is stopped, unlike a Job's. */
  readonly longRunning: boolean;
  /** Replicas asked for; 1 when the object says nothing. */
  readonly replicas: number;
}

const workloads: Readonly<Record<string, { readonly template: readonly string[]; longRunning: boolean }>> = {
  Deployment: { template: ["spec", "template"], longRunning: true },
  StatefulSet: { template: ["spec", "template"], longRunning: true },
  DaemonSet: { template: ["spec", "template"], longRunning: true },
  ReplicaSet: { template: ["spec", "template"], longRunning: true },
  Job: { template: ["spec", "template"], longRunning: false },
  CronJob: { template: ["spec", "jobTemplate", "spec", "template"], longRunning: false },
  Pod: { template: [], longRunning: true },
};

/** The kind of a Kubernetes object, e.g. `Deployment`; undefined for other resources. */
export const kindOf = ({ type }: GraphResource): string | undefined =>
  /^kubernetes:[^:]+:(\w+)$/.exec(type)?.[1];

/** All objects of a kind. */
export const objectsOf = (resources: readonly GraphResource[], kind: string): readonly GraphResource[] =>
  resources.filter((resource) => kindOf(resource) === kind);

/** The namespace an object is in. */
export const namespaceOf = (props: Fields): string => String(record(props.metadata).namespace ?? "default");

/** Every pod that the graph would run. */
export function podsOf(resources: readonly GraphResource[]): Pod[] {
  return resources.flatMap((resource): Pod[] => {
    const kind = kindOf(resource);
    const workload = kind === undefined ? undefined : workloads[kind];
    if (kind === undefined || workload === undefined) return [];
    const template = workload.template.reduce<Fields>((at, key) => record(at[key]), resource.props);
    const spec = record(template.spec);
    const label = (container: Fields) => `${resource.name}/${String(container.name)}`;
    const containers = [
      ...records(spec.initContainers).map((fields) => ({
        label: label(fields),
        fields,
        init: fields.restartPolicy !== "Always",
      })),
      ...records(spec.containers).map((fields) => ({ label: label(fields), fields, init: false })),
    ];
    return [
      {
        resource: resource.name,
        kind,
        namespace: namespaceOf(resource.props),
        labels: record(record(template.metadata).labels) as Readonly<Record<string, string>>,
        spec,
        containers,
        longRunning: workload.longRunning,
        replicas: replicasOf(resource, kind, resources),
      },
    ];
  });
}

/** What the object asks for, or the most an autoscaler may make of it. */
function replicasOf({ props }: GraphResource, kind: string, resources: readonly GraphResource[]): number {
  const name = record(props.metadata).name;
  const scaled = objectsOf(resources, "HorizontalPodAutoscaler")
    .filter((scaler) => namespaceOf(scaler.props) === namespaceOf(props))
    .map((scaler) => record(scaler.props.spec))
    .filter(({ scaleTargetRef }) => {
      const target = record(scaleTargetRef);
      return target.kind === kind && target.name !== undefined && target.name === name;
    })
    .map(({ maxReplicas }) => Number(maxReplicas ?? 1));
  return Math.max(Number(record(props.spec).replicas ?? 1), ...scaled);
}

/** Whether a label selector matches; an empty one matches everything, none at all nothing. */
export function selects(selector: unknown, labels: Readonly<Record<string, string>>): boolean {
  if (selector === undefined || selector === null) return false;
  const { matchLabels, matchExpressions } = record(selector);
  return (
    Object.entries(record(matchLabels)).every(([key, value]) => labels[key] === value) &&
    records(matchExpressions).every(({ key, operator, values }) => {
      const label = labels[String(key)];
      if (operator === "Exists") return label !== undefined;
      if (operator === "DoesNotExist") return label === undefined;
      const among = label !== undefined && list(values).includes(label);
      return operator === "NotIn" ? !among : among;
    })
  );
}

/** The pods behind a Service; a Service without a selector has none. */
export function podsBehind(service: GraphResource, pods: readonly Pod[]): Pod[] {
  const { selector } = record(service.props.spec);
  if (Object.keys(record(selector)).length === 0) return [];
  return pods.filter(
    (pod) =>
      pod.longRunning &&
      pod.namespace === namespaceOf(service.props) &&
      selects({ matchLabels: selector }, pod.labels),
  );
}
