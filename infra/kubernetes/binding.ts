import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** Name of the resource that remembers which cluster a stack was made on. */
export const clusterStash = "cluster-identity";

/**
 * Binds a stack to its cluster: the UID of the namespace kube-system, which a cluster is given once, is kept in the
 * state. A run on another cluster, also of a plain `pulumi up`, ends before the namespace; a moved kubeconfig or a
 * renamed context changes nothing. A preview asks no cluster, so that CI can make one without any.
 * @returns what the namespace has to wait for.
 */
export function bindCluster(stack: string, parent: pulumi.Resource): pulumi.Output<pulumi.Resource[]> {
  const identity = pulumi.runtime.isDryRun()
    ? pulumi.output("")
    : k8s.core.v1.Namespace.get("kube-system", "kube-system", { parent }).metadata.uid;
  // The first value stays: what is proposed later is only compared with it.
  const kept = new pulumi.Stash(clusterStash, { input: identity }, { parent, ignoreChanges: ["input"] });
  if (pulumi.runtime.isDryRun()) return pulumi.output([kept]);
  return pulumi.all([kept.output, identity]).apply(([bound, now]) => {
    if (bound !== now)
      throw new pulumi.RunError(
        `this is not the cluster that ${stack} was made on: namespace kube-system has the UID ${now}, the state remembers ${bound}\n` +
          `  fix: choose its context (platform:kubernetes.context); or move the stack for good: ./beat up --stack ${stack} --adopt-cluster`,
      );
    return [kept];
  });
}
