import * as pulumi from "@pulumi/pulumi";

/** Name of the resource that remembers which cluster a stack was made on. */
export const clusterStash = "cluster-identity";

/**
 * Binds a stack to its cluster: the UID of the namespace kube-system, which a cluster is given once, is kept in the
 * state. A run on another cluster, also of a plain `pulumi up`, ends before the namespace; a moved kubeconfig or a
 * renamed context changes nothing.
 * @param identity the UID of this run's cluster; undefined in a preview, which asks none.
 * @returns what the namespace has to wait for.
 */
export function bindCluster(
  stack: string,
  identity: string | undefined,
  parent: pulumi.Resource,
): pulumi.Input<pulumi.Resource[]> {
  // The first value stays: what is proposed later is only compared with it.
  const kept = new pulumi.Stash(
    clusterStash,
    { input: identity ?? "" },
    { parent, ignoreChanges: ["input"] },
  );
  if (identity === undefined) return [kept];
  return kept.output.apply((bound) => {
    if (bound !== identity)
      throw new pulumi.RunError(
        `this is not the cluster that ${stack} was made on: its namespace kube-system has the UID ${identity}, the state remembers ${String(bound)}\n` +
          `  fix: choose its context (platform:kubernetes.context); or move the stack for good: ./beat up --stack ${stack} --adopt-cluster`,
      );
    return [kept];
  });
}
