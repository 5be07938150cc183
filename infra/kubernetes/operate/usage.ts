import { type ContainerMetric, Metrics, type V1Pod } from "@kubernetes/client-node";
import type { PartUsage, UsageMeter } from "../../operate/top/usage.ts";
import { bytesOf } from "./claim-sizes.ts";
import { type Cluster, statusCode } from "./client.ts";
import { nameOf, partOf, podsOf } from "./pods.ts";

/** Measures the pods of a namespace, where the cluster has metrics.k8s.io. */
export class ClusterUsage implements UsageMeter {
  readonly #cluster: Cluster;
  readonly #namespace: string;

  constructor(cluster: Cluster, namespace: string) {
    this.#cluster = cluster;
    this.#namespace = namespace;
  }

  async measure(): Promise<readonly PartUsage[]> {
    const [pods, used] = await Promise.all([podsOf(this.#cluster, this.#namespace), this.#used()]);
    return pods.map((pod) => usageOf(pod, used.get(nameOf(pod))));
  }

  async #used(): Promise<ReadonlyMap<string, readonly ContainerMetric[]>> {
    try {
      const { items } = await new Metrics(this.#cluster.config).getPodMetrics(this.#namespace);
      return new Map(items.map(({ metadata, containers }) => [metadata.name, containers]));
    } catch (error) {
      // Many clusters have no such server, or do not let everybody ask it.
      if (/^(?:403|404|503)$/.test(String(statusCode(error)))) return new Map();
      throw error;
    }
  }
}

function usageOf(pod: V1Pod, used: readonly ContainerMetric[] | undefined): PartUsage {
  const { name, ok, status } = partOf(pod);
  const sum = (values: readonly (string | undefined)[]): number | undefined =>
    values.some((value) => value === undefined)
      ? undefined
      : values.reduce((all, value) => all + bytesOf(value ?? "0"), 0);
  const { containers = [], initContainers = [] } = pod.spec ?? {};
  // One that starts first and stays is a sidecar, and counts as well.
  const stay = [...containers, ...initContainers.filter(({ restartPolicy }) => restartPolicy === "Always")];
  return {
    name,
    ok,
    status,
    ...(pod.status?.phase === "Succeeded" && { ended: true }),
    cpu: used && sum(used.map(({ usage }) => usage.cpu)),
    memoryBytes: used && sum(used.map(({ usage }) => usage.memory)),
    memoryLimitBytes: sum(stay.map(({ resources }) => resources?.limits?.memory)),
    restarts: (pod.status?.containerStatuses ?? []).reduce((all, { restartCount }) => all + restartCount, 0),
  };
}
