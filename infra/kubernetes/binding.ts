import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** Name of the resource that remembers which cluster a stack was made on. */
export const clusterStash = "cluster-identity";

/**
 * Binds a stack to its cluster: the UID of the namespace kube-system, which a cluster is given once, is kept in the
 * state. On another cluster the resource would have to be replaced, and that it is protected from: a run, also of a plain
 * `pulumi up`, ends there, before the namespace. A moved kubeconfig or a renamed context changes nothing.
 */
export function bindCluster(parent: pulumi.Resource): pulumi.Resource {
  const system = k8s.core.v1.Namespace.get("kube-system", "kube-system", { parent });
  return new pulumi.Stash(
    clusterStash,
    { input: system.metadata.uid },
    { parent, protect: true, replaceOnChanges: ["input"] },
  );
}
