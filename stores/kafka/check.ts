import { joinPath, type Problem } from "../../core/problems.ts";
import type { CheckContext } from "../store.ts";
import type { Facts, Need } from "./facts.ts";
import { metricName, mostPartitions } from "./topic-names.ts";

/** Listeners that clash, topics that nobody declares or publishes, groups that two services share. */
export const check = (context: CheckContext<Facts, Need>): Problem[] => [
  ...listeners(context.facts),
  ...topicNames(context),
  ...topicProblems(context),
  ...groups(context),
];

function listeners(facts: Facts | undefined): Problem[] {
  if (facts === undefined) return [];
  const { port, controllerPort, hostPort } = facts;
  if (new Set([port, controllerPort, hostPort]).size === 3) return [];
  return [
    {
      path: "stores.kafka",
      message: `port ${port}, controllerPort ${controllerPort} and hostPort ${hostPort} clash`,
      fix: "give each of the three listeners a port of its own",
    },
  ];
}

function topicNames({ topics }: CheckContext<Facts, Need>): Problem[] {
  const problems: Problem[] = [];
  const byMetric = new Map<string, string>();
  for (const topic of Object.keys(topics)) {
    const metric = metricName(topic);
    const other = byMetric.get(metric);
    if (other !== undefined)
      problems.push({
        path: joinPath(["topics", topic]),
        message: `"${topic}" and "${other}" are one name among Kafka's metrics, where "." is "_": brokers refuse the second one`,
        fix: "give one of the two another name",
      });
    byMetric.set(metric, topic);
  }
  const partitions = Object.values(topics).reduce((sum, topic) => sum + topic.partitions, 0);
  if (partitions > mostPartitions)
    problems.push({
      path: "topics",
      message: `${partitions} partitions together are more than the ${mostPartitions} that Kafka makes at once`,
      fix: `ask for at most ${mostPartitions} together`,
    });
  return problems;
}

function topicProblems({ needs, topics }: CheckContext<Facts, Need>): Problem[] {
  const published = new Set(needs.flatMap(({ need }) => need.publishes));
  const declared = Object.keys(topics);
  return needs.flatMap(({ service, need }) =>
    (["publishes", "consumes"] as const).flatMap((direction) =>
      need[direction].flatMap((topic, index): Problem[] => {
        const path = `services.${service}.needs.kafka.${direction}[${index}]`;
        if (!declared.includes(topic))
          return [
            {
              path,
              message: `topic "${topic}" is not declared`,
              fix: `add it to topics (declared: ${declared.join(", ")})`,
            },
          ];
        if (direction === "consumes" && !published.has(topic))
          return [
            {
              path,
              message: `nobody publishes "${topic}"`,
              fix: "name its publisher, or stop consuming it",
            },
          ];
        return [];
      }),
    ),
  );
}

function groups({ needs }: CheckContext<Facts, Need>): Problem[] {
  const problems: Problem[] = [];
  const owners = new Map<string, string>();
  for (const { service, need } of needs) {
    const path = `services.${service}.needs.kafka.group`;
    const { group } = need;
    if (group === undefined) {
      if (need.consumes.length > 0)
        problems.push({ path, message: "a consumer needs a group", fix: "name its consumer group" });
      continue;
    }
    const other = owners.get(group);
    if (other !== undefined)
      problems.push({
        path,
        message: `"${group}" is already the group of ${other}; each would get half of the events`,
        fix: "use another group",
      });
    owners.set(group, service);
  }
  return problems;
}
