import { controllerOf } from "../../../config/settings/exposure.ts";
import { nameController } from "../../../config/settings/front.ts";
import { observabilityOf } from "../../../config/settings/observability.ts";
import type { KubernetesSettings } from "../../../config/settings/schema.ts";
import { type Check, earlierRun, failed, passed } from "../../operate/check.ts";
import { inForce, type StackState } from "../../operate/stack-state.ts";
import { clusterStash } from "../deploy/binding.ts";
import { type Cluster, ifFound, reasonOf, statusCode, withTimeout } from "./client.ts";

/** Sidecars and a `preStop` that sleeps are on by default since then. */
const oldestMinor = 30;

/** Whether the API server answers, and is new enough. */
export async function checkCluster(cluster: Cluster): Promise<Check> {
  const { context, server } = cluster;
  try {
    const { major, minor, gitVersion } = await withTimeout(cluster.version.getCode());
    if (major === "1" && Number.parseInt(minor, 10) < oldestMinor)
      return failed("cluster", {
        path: `context ${context}`,
        message: `${server} is Kubernetes ${gitVersion}`,
        fix: `upgrade it to 1.${oldestMinor} or newer, or choose another context`,
      });
    return passed("cluster", `${context}, ${server}, Kubernetes ${gitVersion}`);
  } catch (error) {
    const status = statusCode(error);
    return failed("cluster", {
      path: `context ${context}`,
      message:
        status === 401 || status === 403
          ? `${server} refuses the kubeconfig's credentials (${status})`
          : `${server} does not answer (${reasonOf(error)})`,
      fix:
        status === 401 || status === 403
          ? "log in again, or have your cluster's tool write a new kubeconfig"
          : "start the cluster or the way to it, or choose another context: platform:kubernetes.context",
    });
  }
}

/** The UID of the namespace kube-system, by which a cluster is known: it is made once and never again. */
export const clusterIdentity = async (cluster: Cluster): Promise<string | undefined> =>
  (await cluster.core.readNamespace({ name: "kube-system" })).metadata?.uid;

/** The identity the stack's state remembers; undefined before the first `up`. */
export function boundIdentity(state: StackState): { readonly urn: string; readonly uid: string } | undefined {
  const stash = inForce(state.resources).find(
    ({ type, urn }) => type === "pulumi:index:Stash" && urn.endsWith(`::${clusterStash}`),
  );
  const uid = stash?.outputs?.output;
  return stash !== undefined && typeof uid === "string" ? { urn: stash.urn, uid } : undefined;
}

/** An exported state in which a stack remembers another cluster. @param urn of the resource that {@link boundIdentity} found. */
export function withIdentity(exported: string, urn: string, uid: string): string {
  const state = JSON.parse(exported) as {
    deployment: { resources: { urn: string; inputs?: object; outputs?: object }[] };
  };
  for (const resource of state.deployment.resources)
    if (resource.urn === urn) {
      resource.inputs = { ...resource.inputs, input: uid };
      resource.outputs = { ...resource.outputs, input: uid, output: uid };
    }
  return JSON.stringify(state);
}

/** Whether this is the cluster that the stack was made on. */
export async function checkBinding(cluster: Cluster, stack: string, state: StackState): Promise<Check> {
  const bound = boundIdentity(state);
  if (bound === undefined) return passed("binding", "the stack belongs to no cluster yet");
  try {
    const uid = await clusterIdentity(cluster);
    if (uid === bound.uid) return passed("binding", `the stack was made on this cluster (${uid})`);
    return failed("binding", {
      path: `context ${cluster.context}`,
      message: `${cluster.server} is not the cluster that ${stack} was made on`,
      fix: `choose its context (platform:kubernetes.context); or move the stack for good: ./beat up --stack ${stack} --adopt-cluster`,
    });
  } catch (error) {
    return failed("binding", {
      path: `context ${cluster.context}`,
      message: `namespace kube-system cannot be read, so nobody knows which cluster this is (${reasonOf(error)})`,
      fix: "let the user of this context get namespaces",
    });
  }
}

/** Whether new volumes find their class. */
export async function checkStorageClass(cluster: Cluster, wanted: string | undefined): Promise<Check> {
  const { items } = await cluster.storage.listStorageClass();
  const names = items.map(({ metadata }) => metadata?.name ?? "").sort();
  const choose = `pulumi config set --path platform:kubernetes.storageClass <one of ${names.join(", ")}>`;
  if (wanted !== undefined)
    return names.includes(wanted)
      ? passed("storage class", wanted)
      : failed("storage class", {
          path: "platform:kubernetes.storageClass",
          message: `the cluster has no StorageClass "${wanted}"`,
          fix: names.length === 0 ? "install a storage provisioner" : choose,
        });
  const marked = items.find(
    ({ metadata }) => metadata?.annotations?.["storageclass.kubernetes.io/is-default-class"] === "true",
  );
  if (marked !== undefined) return passed("storage class", `${marked.metadata?.name} (the default)`);
  return failed("storage class", {
    path: "platform:kubernetes.storageClass",
    message: "is not set, and the cluster has no default StorageClass",
    fix: names.length === 0 ? "install a storage provisioner" : choose,
  });
}

/** Whether what `platform:kubernetes` names is there. */
export async function checkExtensions(cluster: Cluster, settings: KubernetesSettings): Promise<Check[]> {
  const { exposure, gateway } = settings.kubernetes;
  const checks: Check[] = [];
  if (gateway.autoscale !== undefined)
    checks.push(
      (await hasGroup(cluster, "metrics.k8s.io"))
        ? passed("metrics", "metrics.k8s.io answers")
        : passed(
            "metrics",
            "warning: nothing serves metrics.k8s.io, so gateway.autoscale stays at its least; install metrics-server",
          ),
    );
  if (exposure.type === "ingress" && exposure.className !== undefined) {
    const found = await ifFound(cluster.networking.readIngressClass({ name: exposure.className }));
    checks.push(
      found
        ? passed("ingress class", exposure.className)
        : failed("ingress class", {
            path: "platform:kubernetes.exposure.className",
            message: `the cluster has no IngressClass "${exposure.className}"`,
            fix: "install its controller, or name another class (kubectl get ingressclass)",
          }),
    );
  }
  if (exposure.type === "gatewayApi")
    checks.push(
      (await hasGroup(cluster, "gateway.networking.k8s.io"))
        ? passed("gateway API", "its resources are installed")
        : failed("gateway API", {
            path: "platform:kubernetes.exposure",
            message: "the cluster does not know gateway.networking.k8s.io",
            fix: "install the Gateway API and a controller, or use exposure type ingress or loadBalancer",
          }),
    );
  if (observabilityOf(settings).monitors === "prometheus-operator")
    checks.push(
      (await hasGroup(cluster, "monitoring.coreos.com"))
        ? passed("monitors", "the resources of Prometheus' operator are installed")
        : failed("monitors", {
            path: "platform:observability.monitors",
            message: "the cluster does not know monitoring.coreos.com",
            fix: "install the Prometheus operator, or use annotations or none",
          }),
    );
  for (const name of controllerOf(exposure)?.namespaces ?? [])
    checks.push(await checkControllerNamespace(cluster, name));
  return checks;
}

/** A namespace that is not there holds no controller: nothing could reach the gateway, and `up` would wait for it. */
async function checkControllerNamespace({ core }: Cluster, name: string): Promise<Check> {
  const what = "controller's namespace";
  try {
    if ((await ifFound(core.readNamespace({ name }))) !== undefined) return passed(what, name);
  } catch (error) {
    // Who deploys need not be allowed to see it.
    if (statusCode(error) === 403) return passed(what, `${name}, which this kubeconfig may not look at`);
    throw error;
  }
  return failed(what, {
    path: "platform:kubernetes.exposure.controllerNamespace",
    message: `the cluster has no namespace "${name}", so nothing could reach the gateway`,
    fix: nameController("<where the controller's pods run>", "where it is no pod of a namespace"),
  });
}

async function hasGroup({ config }: Cluster, group: string): Promise<boolean> {
  const { ApisApi } = await import("@kubernetes/client-node");
  const { groups } = await config.makeApiClient(ApisApi).getAPIVersions();
  return groups.some(({ name }) => name === group);
}

/** Whether an earlier run was stopped in the middle. */
export const checkPending = ({ pending }: StackState, stack: string): Check =>
  pending.length === 0
    ? passed(earlierRun, "nothing is left over")
    : failed(earlierRun, {
        path: stack,
        message: `an earlier run was stopped in the middle of: ${pending.join(", ")}`,
        fix: `pulumi refresh --stack ${stack} --clear-pending-creates, then ./beat up --stack ${stack}`,
      });
