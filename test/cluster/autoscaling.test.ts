import { execa } from "execa";
import { afterAll, describe, expect, test, vi } from "vitest";
import { ClusterStack } from "./cluster-stack.ts";
import { Load } from "./load.ts";
import { kubeconfig, missingForCluster } from "./requirements.ts";

const minutes = 60_000;

/** Why nothing would be scaled on this cluster; undefined when it would. */
async function missingForScaling(): Promise<string | undefined> {
  const { exitCode } = await execa("kubectl", ["top", "node"], {
    env: { KUBECONFIG: kubeconfig ?? "" },
    reject: false,
  });
  return exitCode === 0 ? undefined : "the cluster measures no pods (metrics-server)";
}
const missing = (await missingForCluster()) ?? (await missingForScaling());

// The tests of this file tell one story and depend on one another's order.
describe("autoscaling, on a real cluster", { timeout: 10 * minutes }, () => {
  const stack = new ClusterStack();
  const story = (name: string, body: () => Promise<void>) =>
    test(name, async ({ skip }) => {
      if (missing !== undefined) skip(missing);
      await body();
    });
  const replicas = async (): Promise<number> =>
    Number(await stack.kubectl("get", "deployment", "gateway", "-o", "jsonpath={.status.readyReplicas}"));

  afterAll(async () => {
    if (missing === undefined) await stack.remove();
  }, 5 * minutes);

  story("a gateway that has much to do gets more pods, and `up` leaves their number alone", async () => {
    await stack.load();
    stack.vary({
      kubernetes: {
        kafka: { cpu: "30m", brokers: 1, volume: { size: "1Gi" } },
        gateway: { cpu: "30m", autoscale: { min: 1, max: 3, cpuPercent: 30 } },
      },
    });
    await stack.up();
    expect(await replicas()).toBe(1);
    const load = new Load(stack.base);
    try {
      await vi.waitFor(async () => expect(await replicas()).toBeGreaterThan(1), {
        timeout: 4 * minutes,
        interval: 2000,
      });
      expect(await stack.up()).toEqual({});
      expect(await stack.refresh()).toEqual({});
      expect(await replicas()).toBeGreaterThan(1);
    } finally {
      const { answered, failed } = await load.stop();
      console.log(`autoscaling: ${answered} answered, failed: ${JSON.stringify(failed)}`);
      expect(failed).toEqual({});
    }
  });
});
