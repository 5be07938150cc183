import * as k8s from "@pulumi/kubernetes";
import { KubernetesPlatform, type KubernetesPlatformArgs } from "../infra/kubernetes/kubernetes-platform.ts";

/** Deploys the platform to a cluster and returns the stack's outputs. */
export function deployToCluster(args: KubernetesPlatformArgs): Record<string, unknown> {
  const { platform, settings, stack } = args;
  const { context } = settings.kubernetes;
  const cluster = new k8s.Provider("cluster", {
    ...(context !== undefined && { context }),
    // The stack is bound to a name, so that a kubeconfig that was moved or refreshed does not replace everything.
    clusterIdentifier: `${platform.name}-${stack}`,
  });
  const deployed = new KubernetesPlatform(platform.name, args, { providers: { kubernetes: cluster } });
  return { urls: deployed.urls, namespace: deployed.namespace };
}
