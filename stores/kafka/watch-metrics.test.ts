import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { ConsumerWatch } from "./consumer-watch.ts";
import type { PartitionState } from "./group-progress.ts";
import type { GroupReport } from "./readers.ts";
import { readWatch } from "./watch-settings.ts";

const told = (partitions: GroupReport["groups"][number]["partitions"], members = 1): GroupReport => ({
  groups: [{ group: "auth_consumer", members, given: ["auth_events"], partitions }],
});
const at = (topic: string, partition: number, committed: string, end: string) => ({
  topic,
  partition,
  committed,
  start: "0",
  end,
});

test("a watch tells a scraper of its group: members, what waits by declared topic, for how long, and restarts", async () => {
  const service = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
  await once(service, "listening");
  let report: GroupReport | Error = told([
    at("auth_events", 0, "4", "6"),
    at("auth_events", 1, "3", "4"),
    at("auth_events", 2, "-1", "9"),
    at("read_no_more", 0, "1", "900"),
  ]);
  let group: readonly PartitionState[] = [];
  const watch = new ConsumerWatch(
    readWatch({
      WATCH_BOOTSTRAP: "kafka:9092",
      WATCH_GROUP: "auth_consumer",
      WATCH_SERVICE: "auth-service",
      WATCH_TOPICS: "auth_events,quiet",
      WATCH_ADDRESS: "10.0.0.7",
      WATCH_SERVICE_PORT: String((service.address() as { port: number }).port),
      WATCH_PORT: "0",
    }),
    async () => group,
    async () => {
      if (report instanceof Error) throw report;
      return report;
    },
  );
  const series = async (port: number) => {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
    expect(answer.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    return (await answer.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  };
  const labels = 'service="auth-service",group="auth_consumer"';
  try {
    const port = await watch.start();
    expect(await series(port)).toEqual([
      `beat_consumer_kafka_answers{${labels}} 1`,
      `beat_consumer_group_members{${labels}} 1`,
      `beat_consumer_group_lag{${labels},topic="auth_events"} 3`,
      `beat_consumer_group_stalled_seconds{${labels}} 0`,
      `beat_consumer_restarts_total{${labels}} 0`,
    ]);
    // Records have waited for 30 s, and the service was started anew.
    group = [{ partition: "auth_events/0", committed: 4n, start: 0n, end: 6n }];
    await watch.look(Date.now() - 30_000);
    const [stalled] = (await series(port)).filter((line) => line.includes("stalled"));
    expect(Number(stalled?.split(" ")[1])).toBeGreaterThanOrEqual(30);
    expect(Number(stalled?.split(" ")[1])).toBeLessThan(40);
    watch.ordered();
    expect(await series(port)).toContain(`beat_consumer_restarts_total{${labels}} 1`);
    expect(await series(port)).toContain(`beat_consumer_group_stalled_seconds{${labels}} 0`);
    // A group that Kafka knows nothing of has no member; while Kafka is away nobody knows.
    report = { groups: [] };
    expect(await series(port)).toContain(`beat_consumer_group_members{${labels}} 0`);
    report = new Error("connection refused");
    const away = await series(port);
    expect(away).toContain(`beat_consumer_kafka_answers{${labels}} 0`);
    expect(away.filter((line) => /members|lag/.test(line))).toEqual([]);
  } finally {
    watch.close();
    service.close();
  }
});
