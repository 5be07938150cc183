import { authGroup, becomes, fails, type Scenarios } from "./scenario.ts";
import { grows, growsThen, requests, slowness, stays, thenGoes, type World } from "./world.ts";

const auth = { route: "auth-service", service: "auth-service" };
const errors = (later: number) => (world: World) => {
  world.set("gateway_requests_total", { route: auth.route, status: "5xx" }, fails(later));
  world.set(
    "gateway_requests_total",
    { route: auth.route, status: "2xx" },
    growsThen(requests, requests - later),
  );
};
const refused =
  (reason: string, later: number, route: string = auth.route) =>
  (world: World) =>
    world.set("gateway_refusals_total", { route, reason }, fails(later));
const slow = (later: number) => (world: World) => slowness(world, auth.route, fails(later));
const coreTopic = { consumergroup: "core_auth_consumers", topic: "auth_events", partition: "0" };

/** Of what passes through: requests and events. */
export const requestScenarios = {
  RouteFailing: [{ happens: errors(15), after: 120, within: 3, labels: auth, also: ["RouteErrorsBurnSlow"] }],
  RouteErrorsBurnFast: [
    { happens: errors(7), after: 120, within: 60, labels: auth, also: ["RouteErrorsBurnSlow"] },
    {
      happens: errors(30),
      after: 120,
      within: 30,
      labels: auth,
      also: ["RouteErrorsBurnSlow", "RouteFailing"],
    },
  ],
  RouteErrorsBurnSlow: [{ happens: errors(0.9), within: 120, labels: auth }],
  RouteSlow: [{ happens: slow(15), after: 120, within: 3, labels: auth, also: ["RouteLatencyBurnSlow"] }],
  RouteLatencyBurnFast: [
    { happens: slow(7), after: 120, within: 60, labels: auth, also: ["RouteLatencyBurnSlow"] },
  ],
  RouteLatencyBurnSlow: [{ happens: slow(0.9), within: 120, labels: auth }],
  UpstreamDown: [
    {
      happens: (world) => {
        errors(30)(world);
        refused("upstream_down", 30)(world);
      },
      after: 120,
      within: 4,
      labels: { service: auth.service },
      also: ["RouteErrorsBurnFast", "RouteErrorsBurnSlow"],
    },
  ],
  RouteQueueFull: [
    {
      happens: (world) => {
        errors(10)(world);
        refused("shed", 10)(world);
      },
      after: 120,
      within: 3,
      labels: auth,
      also: ["RouteErrorsBurnSlow"],
    },
  ],
  RateLimiting: [{ happens: refused("rate_limited", 90), within: 4, labels: auth }],
  GatewayDown: [
    {
      happens: (world) =>
        world.set(
          "gateway_build_info",
          { version: "1", node: "24" },
          thenGoes(stays(1), () => undefined),
        ),
      // What was last told is believed for five minutes by these tests; a scraper that is refused says so at once.
      within: 14,
    },
  ],
  GatewayFull: [
    {
      happens: (world) => world.set("gateway_connections_refused_total", { reason: "total" }, fails(4)),
      within: 2,
    },
    { happens: refused("out_of_files", 1, "auth-service"), within: 2 },
  ],
  GatewayBusy: [
    {
      happens: (world) =>
        world.set("nodejs_eventloop_delay_seconds", { quantile: "0.99" }, becomes(0.02, 0.4)),
      within: 5,
    },
  ],
  GatewayRoutesRefused: [
    {
      happens: (world) => world.set("gateway_route_reloads_total", { result: "failed" }, becomes(0, 1)),
      within: 2,
    },
  ],
  GatewayLogLinesLost: [
    { happens: (world) => world.set("gateway_log_lines_dropped_total", {}, becomes(0, 7)), within: 2 },
  ],
  GatewaySpansLost: [
    { happens: (world) => world.set("gateway_spans_total", { result: "dropped" }, fails(30)), within: 5 },
  ],
  KafkaDown: [
    {
      happens: (world, subject) => {
        for (const [service, group] of [
          ["auth-service", "auth_consumer"],
          ["messaging-service", "message_consumer"],
        ] as const) {
          world.set("beat_consumer_kafka_answers", { service, group }, becomes(1, 0));
          world.set("beat_consumer_group_members", { service, group }, becomes(1, 0));
        }
        // What the exporter cannot ask any more is gone.
        for (const topic of Object.keys(subject.platform.topics))
          world.set(
            "kafka_topic_partition_current_offset",
            { topic, partition: "0" },
            thenGoes(grows(3, 100), () => undefined),
          );
        world.set(
          "kafka_consumergroup_members",
          { consumergroup: "core_auth_consumers" },
          thenGoes(stays(1), () => undefined),
        );
      },
      within: 14,
    },
  ],
  KafkaBrokerAway: [
    {
      happens: (world) => {
        world.set("kafka_brokers", {}, becomes(3, 2));
        world.set(
          "kafka_topic_partition_under_replicated_partition",
          { topic: "auth_events", partition: "0" },
          becomes(0, 1),
        );
      },
      within: 10,
    },
  ],
  TopicUnderReplicated: [
    {
      happens: (world) =>
        world.set(
          "kafka_topic_partition_under_replicated_partition",
          { topic: "auth_events", partition: "0" },
          becomes(0, 1),
        ),
      within: 5,
      labels: { topic: "auth_events" },
    },
  ],
  GroupWithoutMembers: [
    {
      happens: (world) => {
        world.set("beat_consumer_group_members", authGroup, becomes(1, 0));
        world.set("beat_consumer_group_stalled_seconds", authGroup, fails(30));
      },
      within: 3,
      labels: authGroup,
    },
    {
      // One that is not watched.
      happens: (world) => {
        world.set("kafka_consumergroup_members", { consumergroup: coreTopic.consumergroup }, becomes(1, 0));
        world.set("kafka_consumergroup_current_offset", coreTopic, growsThen(3, 0));
        world.set("kafka_consumergroup_lag", coreTopic, growsThen(0, 3));
      },
      within: 60,
      labels: { service: "core-service", group: coreTopic.consumergroup },
    },
    {
      // One that never had any.
      happens: (world) =>
        world.remove("kafka_consumergroup_members", { consumergroup: coreTopic.consumergroup }),
      within: 1,
      labels: { service: "core-service", group: coreTopic.consumergroup },
    },
  ],
  GroupReadsNoFurther: [
    {
      happens: (world) => world.set("beat_consumer_group_stalled_seconds", authGroup, fails(30)),
      within: 2,
      labels: authGroup,
    },
    {
      happens: (world) => {
        world.set("kafka_consumergroup_current_offset", coreTopic, growsThen(3, 0));
        world.set("kafka_consumergroup_lag", coreTopic, growsThen(0, 3));
      },
      within: 60,
      labels: { service: "core-service", group: coreTopic.consumergroup },
    },
  ],
  GroupLags: [
    {
      happens: (world) => {
        world.set("kafka_consumergroup_current_offset", coreTopic, growsThen(3, 1));
        world.set("kafka_consumergroup_lag", coreTopic, growsThen(0, 2));
      },
      within: 60,
      labels: { service: "core-service", group: coreTopic.consumergroup, topic: "auth_events" },
    },
  ],
  ConsumerRestarts: [
    {
      happens: (world) =>
        world.set("beat_consumer_restarts_total", authGroup, (step) =>
          Math.max(0, Math.min(4, Math.ceil(step / 10))),
        ),
      within: 45,
      labels: authGroup,
    },
  ],
} as const satisfies Scenarios;
