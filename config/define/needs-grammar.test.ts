import { describe, expect, test } from "vitest";
import { ofNeeds, plain, refused, words } from "./test-definition.ts";

describe("one error names the field, the place and what to write", () => {
  test.each<[object, string]>([
    [
      { volumes: [{ name: "A", path: "/a" }] },
      "volumes[0].name: must be a DNS label: lower-case letters, digits",
    ],
    [{ volumes: [{ name: "a", path: "a" }] }, "volumes[0].path: must be an absolute path"],
    [{ volumes: [{ name: "a", path: "/" }] }, 'volumes[0].path: "/" cannot be mounted'],
    [{ volumes: [{ name: "a", path: "/tmp" }] }, 'volumes[0].path: "/tmp" cannot be mounted'],
    [{ volumes: [{ name: "a", path: "/proc/x" }] }, 'volumes[0].path: "/proc/x" cannot be mounted'],
    [{ volumes: [{ name: "a", path: "/a:ro" }] }, "volumes[0].path: must be a folder"],
    [{ volumes: [{ name: "a", path: "/a/../b" }] }, "volumes[0].path: "],
    [{ volumes: [{ name: "a", path: "/a/" }] }, 'write "/a"'],
    [
      {
        volumes: [
          { name: "a", path: "/a" },
          { name: "b", path: "/a" },
        ],
      },
      "volumes[1].path: /a is already where a is mounted",
    ],
    [{ signingKey: { directory: "/keys" } }, "signingKey.directory: must lie in a folder"],
    [{ signingKey: { directory: "/tmp/keys" } }, "signingKey.directory: must lie in a folder"],
    [
      { signingKey: { directory: "/app/keys" }, volumes: [{ name: "a", path: "/app" }] },
      "volumes[0]: would hide the signing key in /app/keys",
    ],
    [{ calls: ["a"] }, "calls[0]: is the service itself"],
    [{ egress: [{ host: "a:1", port: 25 }] }, "egress[0].host: "],
    [{ egress: [{ host: "localhost", port: 25 }] }, "egress[0].host: must not be the machine itself"],
    [{ egress: [{ host: "mail.example.org", port: 70000 }] }, "egress[0].port: "],
    [{ egress: [{ cidr: "10.0.0.0/33", port: 25 }] }, "egress[0].cidr: "],
    [
      {
        egress: [
          { host: "m.example.org", port: 25 },
          { host: "m.example.org", port: 25 },
        ],
      },
      "egress[1]: is the same as [0]",
    ],
    [{ postgres: { database: "My-db" } }, 'write "my_db"'],
    [{ postgres: { database: "d".repeat(64) } }, "postgres.database: "],
    [{ postgres: { database: "postgres" } }, 'postgres.database: "postgres" is reserved'],
    // The drill of the backups drops it.
    [{ postgres: { database: "beat_drill" } }, 'postgres.database: "beat_drill" is reserved'],
    [{ mongo: { database: "beat_drill" } }, 'mongo.database: "beat_drill" is reserved'],
    [{ mongo: { database: "beat_drill_mine" } }, 'mongo.database: "beat_drill_mine" is reserved'],
    [{ postgres: { database: "d", extensions: ["a;b"] } }, "postgres.extensions[0]: "],
    [{ postgres: { database: "d", extensions: ["a--b"] } }, "postgres.extensions[0]: "],
    [{ postgres: { database: "d", extensions: ["hstore", "hstore"] } }, "extensions[1]: is the same as [0]"],
    [{ postgres: { database: "d", idleInTransactionSeconds: 2_147_484 } }, "idleInTransactionSeconds: "],
    [{ redis: { database: 16 } }, "redis.database: "],
    [{ mongo: { database: "a.b" } }, "mongo.database: "],
    [{ mongo: { database: "admin" } }, 'mongo.database: "admin" is reserved'],
    [
      { mongo: { database: "d", indexes: [{ collection: "a$b", keys: [["a", 1]] }] } },
      "indexes[0].collection: ",
    ],
    [{ mongo: { database: "d", indexes: [{ collection: "system.x", keys: [["a", 1]] }] } }, "collection: "],
    [{ mongo: { database: "d", indexes: [{ collection: "a", keys: [] }] } }, "indexes[0].keys: "],
    [
      { mongo: { database: "d", indexes: [{ collection: "a", keys: [["_id", -1]] }] } },
      "keys: must not be _id alone",
    ],
    [
      { mongo: { database: "d", indexes: [{ collection: "a", keys: [["$x", 1]] }] } },
      "keys[0][0]: must not have",
    ],
    [
      { mongo: { database: "d", indexes: [{ collection: "a", keys: [["a..b", 1]] }] } },
      "keys[0][0]: must have",
    ],
    [
      {
        mongo: {
          database: "d",
          indexes: [
            {
              collection: "a",
              keys: [
                ["a", 1],
                ["a", -1],
              ],
            },
          ],
        },
      },
      "keys[1]: is the same as [0]",
    ],
    [{ kafka: { group: " " } }, "kafka.group: "],
    [{ kafka: { publishes: ["t", "t"] } }, "kafka.publishes[1]: is the same as [0]"],
  ])("needs %j", (needs, message) => {
    const found = ofNeeds(needs);
    expect(found.join("\n")).toContain(message);
    expect(found[0]).toMatch(/^services\.a\.needs\./);
  });

  test.each<[string, string]>([
    [".", "topics"],
    ["..", "topics"],
    ["__mine", "call it mine"],
    ["a".repeat(250), "at most 249"],
    ["a/b", "must be a Kafka topic name"],
    ["", "must be a Kafka topic name"],
  ])("topic %j", (topic, message) =>
    expect(words(refused({ a: plain }, { topics: { [topic]: {} } }))).toEqual([
      expect.stringContaining(message),
    ]),
  );

  test.each<[object, string]>([
    [{ topics: { "a.b": {}, a_b: {} } }, "topics.a_b: "],
    [{ topics: { a: { partitions: 0 } } }, "topics.a.partitions: "],
    [{ topics: { a: { partitions: 9001 } } }, "topics.a.partitions: "],
    [{ topics: { a: { partitions: 5000 }, b: { partitions: 5000 } } }, "topics: 10000 partitions together"],
    [{ topics: { a: { replicationFactor: 40_000 } } }, "topics.a.replicationFactor: "],
    [{ stores: { kafka: { memoryMiB: 256 } } }, "stores.kafka.memoryMiB: "],
    [{ stores: { postgres: { maxConnections: 1e6 } } }, "stores.postgres.maxConnections: "],
    [{ stores: { postgres: { memoryMiB: -1 } } }, "stores.postgres.memoryMiB: "],
    [{ stores: { redis: { memoryMiB: 1e9 } } }, "stores.redis.memoryMiB: "],
    [{ gateway: { memoryMiB: 0 } }, "gateway.memoryMiB: "],
    [{ gateway: { port: 9464 } }, "gateway.port: 9464 is the port of the gateway's metrics"],
    [{ gateway: { stopGraceSeconds: -1 } }, "gateway.stopGraceSeconds: "],
  ])("platform %j", (more, message) => {
    const found = words(refused({ a: plain }, more));
    expect(found).toEqual([expect.stringContaining(message)]);
  });
});
