import { BlockList, isIPv6 } from "node:net";
import { type Dns, localDns } from "../../../config/settings/cluster-network.ts";
import { type Check, note, passed } from "../../operate/check.ts";
import { type Cluster, ifFound, statusCode } from "./client.ts";

const name = "DNS";
const setting = "pulumi config set --path 'platform:kubernetes.dns";

/**
 * Whether the policies let names be resolved as far as a cluster shows it: a note where they may not, since how a network looks
 * at an address it does not show. Nothing where this kubeconfig may not look.
 */
export async function checkDns(cluster: Cluster, dns: Dns = {}): Promise<Check[]> {
  try {
    return await look(cluster, dns);
  } catch (error) {
    if (statusCode(error) === 403) return [];
    throw error;
  }
}

async function look({ core, apps }: Cluster, dns: Dns): Promise<Check[]> {
  // One that says where the server is knows its cluster.
  if (dns.namespace !== undefined || dns.podLabels !== undefined || dns.port !== undefined) return [];
  const { items } = await core.listNamespacedService({
    namespace: "kube-system",
    labelSelector: "k8s-app=kube-dns",
  });
  if (items.length === 0) {
    const openShift = await ifFound(
      core.readNamespacedService({ namespace: "openshift-dns", name: "dns-default" }),
    );
    if (openShift !== undefined) return [passed(name, "of OpenShift")];
    return [
      note(
        name,
        `no Service in kube-system is labelled k8s-app=kube-dns: where its pods are elsewhere, say so: ${setting}.namespace' <namespace>`,
      ),
    ];
  }
  const cache = await ifFound(
    apps.readNamespacedDaemonSet({ namespace: "kube-system", name: "node-local-dns" }),
  );
  if (cache === undefined) return [passed(name, "in kube-system")];
  const addresses = dns.addresses ?? localDns;
  const missing = items
    .flatMap(({ spec }) => spec?.clusterIPs ?? (spec?.clusterIP === undefined ? [] : [spec.clusterIP]))
    .filter((address) => address !== "None" && !isWithin(address, addresses));
  if (missing.length === 0) return [passed(name, "NodeLocal DNSCache")];
  const wanted = [...addresses, ...missing.map((address) => `${address}/${isIPv6(address) ? 128 : 32}`)];
  return [
    note(
      name,
      `NodeLocal DNSCache answers at ${missing.join(", ")} without a pod behind it, which some networks (Calico) let nobody reach unless it is named: ${wanted
        .map((range, index) => `${setting}.addresses[${index}]' ${range}`)
        .join("; ")}`,
    ),
  ];
}

function isWithin(address: string, ranges: readonly string[]): boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [net = "", bits] = range.split("/");
    list.addSubnet(net, Number(bits), isIPv6(net) ? "ipv6" : "ipv4");
  }
  return list.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}
