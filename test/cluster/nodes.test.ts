import { afterAll, describe, expect, test, vi } from "vitest";
import { openCluster } from "../../infra/kubernetes/operate/client.ts";
import { crowdedStores, openNodes } from "../../infra/kubernetes/operate/placement.ts";
import { podsOf } from "../../infra/kubernetes/operate/pods.ts";
import { type Account, expectWired, isKnown, signUp } from "../engine/journey.ts";
import { basePlatform } from "../engine/test-stack.ts";
import { ClusterStack } from "./cluster-stack.ts";
import { Load } from "./load.ts";
import { missingForCluster } from "./requirements.ts";
import { missingForVolumes, SmallVolumes } from "./small-volumes.ts";
import { missingForLoss, missingForNodes, nodeNames, onNode, startNode, stopNode } from "./test-nodes.ts";

const missing = (await missingForCluster()) ?? (await missingForVolumes()) ?? (await missingForNodes(3));
const minutes = 60_000;
const one = { cpu: "30m", volume: { size: "1Gi" } };
/** Only what is the platform's own: tests may have neighbours. */
const ours = "app.kubernetes.io/managed-by=pulumi";
const silent = Object.values(basePlatform.services)
  .filter(({ needs }) => needs.kafka !== undefined && needs.kafka.reconnects !== true)
  .map(({ name }) => name);
const components = [
  "postgres",
  "mongo",
  "redis",
  "kafka-b",
  "gateway",
  ...Object.keys(basePlatform.services),
];
/** Source: Kubernetes, "Node Shutdowns", non-graceful: pods are removed and their volumes given to others. */
const outOfService = "node.kubernetes.io/out-of-service";
/** What is answered without a store, by services of which a second pod may start before the first one goes. */
const unstored = ["/auth/.well-known/jwks.json", "/messaging/swagger/index.html", "/_gateway/health"];

// The tests of this file tell one story and depend on one another's order.
describe("a cluster of several nodes", { timeout: 15 * minutes }, () => {
  const stack = new ClusterStack();
  // Volumes that are not a node's own, like a cloud's disks.
  const volumes = new SmallVolumes(stack.namespace);
  const nodes: string[] = [];
  let account: Account = { email: "", password: "" };
  const story = (name: string, body: () => Promise<void>, lacks = missing) =>
    test(name, async ({ skip }) => {
      if (lacks !== undefined) skip(lacks);
      try {
        await body();
      } catch (error) {
        console.error(await stack.kubectl("get", "pods", "-o", "wide").catch(String));
        throw error;
      }
    });
  const placeOf = (component: string) => onNode(stack, component);
  const rollout = (kind: "restart" | "status", name: string) =>
    stack.kubectl("rollout", kind, name, ...(kind === "status" ? ["--timeout=240s"] : []));
  const drain = (node: string, timeout: string, selector: string) =>
    stack.kubectl(
      ...["drain", node, `--pod-selector=${selector}`, `--timeout=${timeout}`],
      ...["--ignore-daemonsets", "--delete-emptydir-data"],
    );
  const untilWell = async () => {
    for (const name of ["postgres", "mongo", "redis", "kafka"])
      await rollout("status", `statefulset/${name}`);
    for (const name of ["gateway", ...Object.keys(basePlatform.services)])
      await rollout("status", `deployment/${name}`);
    await vi.waitFor(async () => expect(await isKnown(stack, account)).toBe(true), {
      timeout: 2 * minutes,
      interval: 1000,
    });
    await vi.waitFor(() => signUp(stack), { timeout: 4 * minutes, interval: 2000 });
  };

  afterAll(async () => {
    if (missing !== undefined) return;
    if (nodes.length > 0) await stack.kubectl("uncordon", ...nodes);
    await stack.remove();
    await volumes.remove();
  }, 8 * minutes);

  story("members of a store and replicas of the gateway come up on nodes of their own", async () => {
    nodes.push(...(await nodeNames()));
    await stack.load();
    await volumes.make({}, [
      ...["data-postgres-0", "data-mongo-0", "data-redis-0", "data-kafka-0", "data-kafka-1", "data-kafka-2"],
      ...["core-public", "backups"],
    ]);
    stack.vary({
      kubernetes: {
        storageClass: volumes.storageClass,
        postgres: one,
        redis: one,
        kafka: { ...one, brokers: 3 },
      },
    });
    await stack.up();
    await expectWired(stack, ["/auth", "/core", "/messaging"]);
    account = await signUp(stack);
    expect(new Set(await placeOf("kafka-b")).size).toBe(3);
    expect(new Set(await placeOf("gateway")).size).toBe(2);
  });

  story("after rolling updates the gateway's replicas are still apart", async () => {
    for (let round = 0; round < 4; round++) {
      await rollout("restart", "deployment/gateway");
      await rollout("status", "deployment/gateway");
      await vi.waitFor(async () => expect(await placeOf("gateway")).toHaveLength(2), { timeout: minutes });
      expect(new Set(await placeOf("gateway")).size, `round ${round}`).toBe(2);
    }
  });

  story("each node is taken out for maintenance, and what needs no store never fails", async () => {
    for (const node of nodes) {
      const load = new Load(stack.base, unstored);
      try {
        await stack.kubectl("cordon", node);
        // Consumers that die with a broker and say nothing are moved last, by a rolling update: the next pod is ready
        // before the last one goes, and finds the brokers where they are now.
        await drain(node, "300s", `${ours},app.kubernetes.io/component notin (${silent.join()})`);
        for (const name of silent) await rollout("restart", `deployment/${name}`);
        for (const name of silent) await rollout("status", `deployment/${name}`);
        await drain(node, "300s", ours);
        for (const component of components) expect(await placeOf(component), component).not.toContain(node);
        await untilWell();
      } finally {
        await stack.kubectl("uncordon", node);
        await load.stop();
      }
      const { answered, failed } = await load.stop();
      console.log(`${node} drained: ${answered} answered, failed: ${JSON.stringify(failed)}`);
      expect(failed).toEqual({});
      expect(answered).toBeGreaterThan(500);
    }
  });

  story("brokers that came to share a node are told, and spread again as the message says", async () => {
    // The last node was drained last: nothing that is there for good has come back to it.
    const cluster = openCluster({ context: undefined });
    const crowded = async () =>
      crowdedStores(await podsOf(cluster, stack.namespace), await openNodes(cluster)).join();
    const told = await crowded();
    expect(told).toMatch(/kafka-\d and kafka-\d share node/);
    const [, pod = ""] = told.match(/kubectl delete pod (kafka-\d)/) ?? [];
    await stack.kubectl("delete", "pod", pod);
    await untilWell();
    expect(await crowded()).toBe("");
    expect(new Set(await placeOf("kafka-b")).size).toBe(3);
  });

  story("one broker may be missing for a drain, not two", async () => {
    const brokers = "app.kubernetes.io/component=kafka-b";
    const [first = "", second = ""] = await placeOf("kafka-b");
    // With every node closed, a broker that goes stays away.
    await stack.kubectl("cordon", ...nodes);
    try {
      await stack.kubectl("delete", "pod", "-l", brokers, `--field-selector=spec.nodeName=${first}`);
      await expect(drain(second, "10s", brokers)).rejects.toThrow(/disruption budget/);
    } finally {
      await stack.kubectl("uncordon", ...nodes);
    }
    await untilWell();
  });

  story(
    "a node that is lost: services leave it by themselves, stores when it is called lost for good",
    async () => {
      const lost = nodes.at(-1) ?? "";
      const others = nodes.slice(0, -1);
      await stack.kubectl("cordon", ...others);
      try {
        await rollout("restart", "deployment/auth-service");
        await rollout("status", "deployment/auth-service");
      } finally {
        await stack.kubectl("uncordon", ...others);
      }
      expect(await placeOf("auth-service")).toEqual([lost]);
      const began = Date.now();
      const seconds = () => Math.round((Date.now() - began) / 1000);
      await stopNode(lost);
      try {
        await vi.waitFor(async () => expect(await placeOf("auth-service")).not.toContain(lost), {
          timeout: 4 * minutes,
          interval: 1000,
        });
        console.log(`auth-service leaves its lost node after ${seconds()} s`);
        expect(seconds()).toBeLessThan(150);
        await stack.kubectl("taint", "node", lost, `${outOfService}=nodeshutdown:NoExecute`);
        await untilWell();
        console.log(`all is well without the node after ${seconds()} s`);
        for (const component of components) expect(await placeOf(component), component).not.toContain(lost);
      } finally {
        await startNode(lost);
        await stack.kubectl("taint", "node", lost, `${outOfService}-`).catch(String);
      }
      await untilWell();
    },
    missing ?? missingForLoss(),
  );
});
