import { externalStores } from "../../../config/settings/schema.ts";
import { unless } from "../promql.ts";
import type { Alerts, Case, Subject } from "./rule.ts";

/** How many members a stack's own replica set has; 1 where it is one server, or somebody else's. */
function membersOf({ platform, settings }: Subject): number {
  if (platform.stores.mongo === undefined || externalStores(settings).mongo !== undefined) return 1;
  return settings.target === "kubernetes" ? settings.kubernetes.mongo.members : 1;
}

const whereMongoIs = (make: (subject: Subject) => Case) => (subject: Subject) =>
  subject.platform.stores.mongo === undefined ? [] : [make(subject)];
const whereASetIs = (make: (subject: Subject, members: number) => Case) => (subject: Subject) =>
  membersOf(subject) === 1 ? [] : [make(subject, membersOf(subject))];

const healthy = ({ select }: Subject): string =>
  `sum(max by (member_idx) (${select("mongodb_members_health")}))`;

const noMajority = (subject: Subject, members: number): string => {
  const primaries = `count(${subject.select("mongodb_members_state")} == 1)`;
  const known = `count(${subject.select("mongodb_members_state")}) > 0`;
  return `(${healthy(subject)} <= ${Math.floor(members / 2)} or (${known} unless ${primaries}))`;
};

/** MongoDB. */
export const mongoAlerts = {
  MongoDown: {
    severity: "critical",
    means: "Mongo does not answer its exporter: no chat, no notifications.",
    steps: ["`./beat status` shows whether it runs", "`./beat logs mongo` shows why not"],
    cases: whereMongoIs(({ select }) => ({
      expr: `max(${select("mongodb_up")}) == 0`,
      for: "30s",
      summary: "Mongo does not answer",
    })),
  },
  MongoWithoutMajority: {
    severity: "critical",
    means: "The replica set has no primary, or too few members to choose one: it can be read at best.",
    steps: ["`./beat status` shows which members are away, and why", "`./beat logs mongo`"],
    cases: whereASetIs((subject, members) => ({
      expr: noMajority(subject, members),
      for: "30s",
      summary: "Mongo's replica set has no majority",
    })),
  },
  MongoMemberAway: {
    severity: "warning",
    means: "A member of the replica set is away. It works; with another one gone it would not.",
    steps: ["`./beat status` shows which one, and why", "`./beat logs mongo`"],
    cases: whereASetIs((subject, members) => ({
      expr: `${healthy(subject)} < ${members}${unless(noMajority(subject, members))}`,
      for: "1m",
      summary: "a member of Mongo's replica set is away",
    })),
  },
  MongoReplicationLag: {
    severity: "warning",
    means:
      "A member of the replica set is more than a minute behind its primary: if that one failed, so much could be lost.",
    steps: ["look at the stores' dashboard: is its volume full or slow?", "`./beat logs mongo`"],
    cases: whereASetIs(({ select }) => ({
      expr: `max by (name) (${select("mongodb_mongod_replset_member_replication_lag", { state: "SECONDARY" })}) > 60`,
      for: "1m",
      summary: "member {{ $labels.name }} of Mongo's replica set is behind",
    })),
  },
  MongoConnections: {
    severity: "warning",
    means: "Four in five of the connections that Mongo takes are open.",
    steps: ["`./beat logs messaging-service`: a service that opens a connection for each request?"],
    cases: whereMongoIs(({ select }) => {
      const of = (state: string) => `max(${select("mongodb_connections", { state })})`;
      return {
        expr: `${of("current")} / (${of("current")} + ${of("available")}) > 0.8`,
        for: "30s",
        summary: "Mongo is running out of connections",
      };
    }),
  },
} as const satisfies Alerts;
