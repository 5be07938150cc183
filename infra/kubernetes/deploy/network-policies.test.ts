import { expect, test } from "vitest";
import { dnsEgress } from "./network-policies.ts";

const both = (port: number) => ["UDP", "TCP"].map((protocol) => ({ protocol, port }));
const namespace = (name: string) => ({
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
});

test("names are resolved by the pods of kube-system, by OpenShift's, and by what answers on the node itself", () => {
  const node = {
    to: [{ ipBlock: { cidr: "169.254.20.10/32" } }, { ipBlock: { cidr: "169.254.169.254/32" } }],
    ports: both(53),
  };
  expect(dnsEgress()).toEqual([
    { to: [namespace("kube-system")], ports: both(53) },
    { to: [namespace("openshift-dns")], ports: both(5353) },
    node,
  ]);
  expect(dnsEgress({ namespace: "dns" })).toEqual([{ to: [namespace("dns")], ports: both(53) }, node]);
  expect(dnsEgress({ port: 5353, addresses: [] })).toEqual([
    { to: [namespace("kube-system")], ports: both(5353) },
  ]);
});
