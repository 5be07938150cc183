import * as pulumi from "@pulumi/pulumi";

/**
 * The UID of the namespace kube-system of the cluster that the provider will use: a cluster is given it once.
 * @param context of the kubeconfig; default: its current one.
 * @throws {pulumi.RunError} when the cluster does not answer: before anything is registered.
 */
export async function clusterIdentity(context: string | undefined): Promise<string> {
  // Loaded here: a preview and the other target do without.
  const { CoreV1Api, KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  try {
    config.loadFromDefault();
    if (context !== undefined) config.setCurrentContext(context);
    const { metadata } = await config.makeApiClient(CoreV1Api).readNamespace({ name: "kube-system" });
    if (metadata?.uid === undefined) throw new Error("its namespace kube-system has no UID");
    return metadata.uid;
  } catch (error) {
    throw new pulumi.RunError(
      `the cluster of context ${context ?? config.getCurrentContext()} cannot be asked: ${(error as Error).message}\n` +
        "  fix: start it or the way to it, or choose another context: platform:kubernetes.context",
    );
  }
}
