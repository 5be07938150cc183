import { afterAll, describe, expect, test, vi } from "vitest";
import { type Broker, killUnderSignUps } from "../engine/broker-kills.ts";
import { candidates, imageOf, realOnes, sourcesFor } from "../engine/real-images.ts";
import { isActive, journey, logIn } from "../engine/real-journey.ts";
import { ClusterStack } from "./cluster-stack.ts";
import { missingForCluster } from "./requirements.ts";

const minutes = 60_000;
/** How often a broker is killed. */
const kills = Number(process.env.BROKER_KILLS ?? 2);

const missingCluster = await missingForCluster();
const real = missingCluster === undefined ? await realOnes() : [];
const missing =
  missingCluster ??
  (real.length === 0 ? `neither ${candidates.map(imageOf).join(" nor ")} is on the engine` : undefined);

// The tests of this file tell one story and depend on one another's order.
describe(`a cluster with real ${real.join(", ") || "services"}`, { timeout: 15 * minutes }, () => {
  const stack = new ClusterStack();
  const realMessaging = real.includes("messaging-service");
  const story = (name: string, body: () => Promise<void>) =>
    test(name, async ({ skip }) => {
      if (missing !== undefined) skip(missing);
      await body();
    });
  const travel = () => journey({ stack, host: new URL(stack.base).host, realMessaging });
  /** The one broker of a stack that has one: nobody takes over. */
  const broker: Broker = {
    async kill() {
      await stack.kubectl("delete", "pod", "kafka-0", "--grace-period=0", "--force", "--wait=true");
    },
    async answers() {
      const ready = "jsonpath={.status.conditions[?(@.type=='Ready')].status}";
      return (await stack.kubectl("get", "pod", "kafka-0", "-o", ready).catch(() => "")) === "True";
    },
  };

  afterAll(async () => {
    if (missing === undefined) await stack.remove();
  }, 5 * minutes);

  story("the whole journey passes, and an up afterwards changes nothing", async () => {
    stack.vary({
      services: sourcesFor(real),
      kubernetes: { kafka: { cpu: "30m", brokers: 1, volume: { size: "1Gi" } } },
    });
    await stack.load(real.map(imageOf));
    await stack.up();
    const account = await travel();
    expect(isActive(await logIn(stack, account))).toBe(true);
    expect(await stack.up()).toEqual({});
  });

  story(
    `the only broker is killed ${kills} times under sign-ups, and every account becomes active`,
    async () => {
      await killUnderSignUps(stack, broker, kills);
    },
  );

  for (const store of ["postgres", "mongo", "redis"])
    story(`${store} dies and comes back, and nothing is lost`, async () => {
      const account = await travel();
      await stack.kubectl("delete", "pod", `${store}-0`, "--grace-period=0", "--force", "--wait=true");
      await stack.kubectl("rollout", "status", `statefulset/${store}`, "--timeout=180s");
      await vi.waitFor(travel, { timeout: 4 * minutes, interval: 1_000 });
      expect(isActive(await logIn(stack, account))).toBe(true);
      expect(await stack.up()).toEqual({});
    });
});
