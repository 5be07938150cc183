import { ApiException } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import type { Dns } from "../../../config/settings/cluster-network.ts";
import type { Cluster } from "./client.ts";
import { checkDns } from "./dns-check.ts";

const refusal = (status: number) => Promise.reject(new ApiException(status, "", "", {}));

/** What is in a cluster of all that is looked for. */
const clusterWith = (has: {
  readonly addresses?: readonly string[];
  readonly cache?: boolean;
  readonly openShift?: boolean;
  readonly closed?: boolean;
}): Cluster =>
  ({
    core: {
      listNamespacedService: () =>
        has.closed
          ? refusal(403)
          : Promise.resolve({
              items: has.addresses === undefined ? [] : [{ spec: { clusterIPs: has.addresses } }],
            }),
      readNamespacedService: () => (has.openShift ? Promise.resolve({}) : refusal(404)),
    },
    apps: { readNamespacedDaemonSet: () => (has.cache ? Promise.resolve({}) : refusal(404)) },
  }) as unknown as Cluster;

const said = async (has: Parameters<typeof clusterWith>[0], dns?: Dns): Promise<string[]> =>
  (await checkDns(clusterWith(has), dns)).map(({ ok, detail }) => `${ok} ${detail}`);

test("names that are resolved by pods of kube-system, or by OpenShift's, need nothing", async () => {
  expect(await said({ addresses: ["10.96.0.10"] })).toEqual(["true in kube-system"]);
  expect(await said({ openShift: true })).toEqual(["true of OpenShift"]);
});

test("a cache on the node that answers at the Service's own address is told, with what to type", async () => {
  const [note, ...others] = await said({ addresses: ["10.96.0.10", "fd00::a"], cache: true });
  expect(others).toEqual([]);
  expect(note).toMatch(/^true note: NodeLocal DNSCache answers at 10\.96\.0\.10, fd00::a/);
  for (const [index, range] of [
    "169.254.20.10/32",
    "169.254.169.254/32",
    "10.96.0.10/32",
    "fd00::a/128",
  ].entries())
    expect(note).toContain(`pulumi config set --path 'platform:kubernetes.dns.addresses[${index}]' ${range}`);
  const named = { addresses: ["169.254.20.10/32", "10.96.0.0/16"] };
  expect(await said({ addresses: ["10.96.0.10"], cache: true }, named)).toEqual(["true NodeLocal DNSCache"]);
});

test("where nobody sees a server it is asked for; where the stack says it, or nobody may look, it is not", async () => {
  expect((await said({}))[0]).toMatch(/note: no Service in kube-system .*dns\.namespace' <namespace>/);
  expect(await said({}, { namespace: "dns" })).toEqual([]);
  expect(await said({ closed: true })).toEqual([]);
});
