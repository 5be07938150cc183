import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  KubernetesPlatform,
  type KubernetesPlatformArgs,
} from "../infra/kubernetes/deploy/kubernetes-platform.ts";
import { claimsLeft } from "./claims-left.ts";
import { clusterIdentity } from "./cluster-identity.ts";

/** Deploys the platform to a cluster and returns the stack's outputs. */
export async function deployToCluster(
  args: Omit<KubernetesPlatformArgs, "retained" | "identity" | "claims">,
): Promise<Record<string, unknown>> {
  const { platform, settings, stack } = args;
  const { context } = settings.kubernetes;
  // A preview needs no cluster, so that CI can make one without any.
  const claims = pulumi.runtime.isDryRun() ? [] : await claimsLeft(args);
  const identity = pulumi.runtime.isDryRun() ? undefined : await clusterIdentity(context);
  const connection = {
    // Empty, or the SDK keeps the value of KUBECONFIG: a path of whoever ran `up`, by which a refresh or a destroy on another
    // machine would look for it. So each run finds the kubeconfig as kubectl does.
    kubeconfig: "",
    ...(context !== undefined && { context }),
    // The stack is bound to a name, so that a kubeconfig that was moved or refreshed does not replace everything.
    clusterIdentifier: `${platform.name}-${stack}`,
  };
  const cluster = new k8s.Provider("cluster", connection);
  // For what a destroyed stack leaves, and nothing else: an object of somebody else's is never taken over.
  const retained = new k8s.Provider("retained", { ...connection, upsertExistingObjects: true });
  const deployed = new KubernetesPlatform(
    platform.name,
    { ...args, identity, retained, claims },
    { providers: { kubernetes: cluster } },
  );
  return { urls: deployed.urls, namespace: deployed.namespace };
}
