import { afterAll, describe, expect } from "vitest";
import { settingChanges as changes, clusterChanges } from "../../docs/day-two.ts";
import { ClusterDayTwo } from "./day-two/stack.ts";

const minutes = 60_000;
const path = (name: string) => ["--path", name];
const tools = "/opt/kafka/bin";
const records = 50;

// The tests of this file tell one story and depend on one another's order.
describe("settings of a stack of a cluster", { timeout: 15 * minutes }, () => {
  const stack = new ClusterDayTwo("settings", { stores: ["postgres", "kafka"] });
  const note = () => stack.sql("guests", "SELECT text FROM kept");
  const kafka = (script: string) => stack.inside("kafka", "bash", "-c", script);
  const count = async () => {
    const offsets = await kafka(
      `${tools}/kafka-get-offsets.sh --bootstrap-server localhost:9092 --topic kept`,
    );
    // The tool may write warnings of its own among them.
    return [...offsets.matchAll(/^kept:\d+:(\d+)$/gm)].reduce((sum, [, end]) => sum + Number(end), 0);
  };
  const write = () =>
    kafka(
      `seq ${records} | ${tools}/kafka-console-producer.sh --bootstrap-server localhost:9092 --topic kept --producer-property acks=all`,
    );
  const copies = async () => {
    const all = await kafka(`${tools}/kafka-topics.sh --bootstrap-server localhost:9092 --describe`);
    return new Set(all.match(/ReplicationFactor: \d/g));
  };

  afterAll(() => stack.remove(), 5 * minutes);

  stack.story("it has data", async () => {
    await stack.load("postgres", "kafka");
    await stack.up();
    await stack.sql("guests", "SET ROLE guest_service; CREATE TABLE kept AS SELECT 'written' AS text");
    // Nobody declared this one.
    await kafka(
      `${tools}/kafka-topics.sh --bootstrap-server localhost:9092 --create --topic kept --partitions 2`,
    );
    await write();
    expect([await note(), await count()]).toEqual(["written", records]);
  });

  stack.story(changes.secretHandedOver.what, async () => {
    const at = path("platform:secrets.postgres-guest-service");
    await stack.config(["set", "--secret", ...at], "GivenByHand2026xyz");
    await stack.change(changes.secretHandedOver, {});
    await stack.config(["rm", ...at]);
    await stack.up();
    expect(await note()).toBe("written");
  });

  stack.story(changes.memoryChanged.what, async () => {
    const at = path("platform:services.guest-service.memoryMiB");
    await stack.config(["set", ...at, "160"]);
    await stack.change(changes.memoryChanged, {});
    await stack.config(["rm", ...at]);
    await stack.up();
  });

  stack.story(clusterChanges.volumeShrunk.what, async () => {
    const at = path("platform:kubernetes.postgres.volume.size");
    await stack.config(["set", ...at, "512Mi"]);
    await stack.refuse(clusterChanges.volumeShrunk, {});
    await stack.config(["set", ...at, "2Gi"]);
    await stack.refuse(clusterChanges.volumeStuck, {});
    await stack.config(["set", ...at, "1Gi"]);
    await stack.rest();
  });

  stack.story(clusterChanges.brokersGrown.what, async () => {
    const at = path("platform:kubernetes.kafka.brokers");
    await stack.config(["set", ...at, "3"]);
    await stack.change(clusterChanges.brokersGrown, {});
    expect(await copies()).toEqual(new Set(["ReplicationFactor: 3"]));
    await write();
    expect(await count()).toBe(2 * records);
  });

  stack.story(clusterChanges.brokersShrunk.what, async () => {
    const at = path("platform:kubernetes.kafka.brokers");
    await stack.config(["set", ...at, "1"]);
    await stack.change(clusterChanges.brokersShrunk, {});
    expect(await copies()).toEqual(new Set(["ReplicationFactor: 1"]));
    await write();
    expect(await count()).toBe(3 * records);
  });

  stack.story(clusterChanges.namespaceMoved.what, async () => {
    await stack.config(["set", ...path("platform:kubernetes.namespace"), "elsewhere"]);
    await stack.refuse(clusterChanges.namespaceMoved, {});
    await stack.config(["rm", ...path("platform:kubernetes.namespace")]);
  });

  stack.story(changes.platformRenamed.what, async () => {
    await stack.refuse(changes.platformRenamed, { name: "beat-other" });
    await stack.back();
    await stack.rest();
    expect([await note(), await count()]).toEqual(["written", 3 * records]);
  });
});
