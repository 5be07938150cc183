import { definePlatform } from "../../config/define/define.ts";
import { defineService } from "../../config/define/service.ts";

/** The longest word of that many characters, and another one that differs in its end alone. */
export const long = (most: number, end: string): string => `${"n".repeat(most - end.length)}${end}`;

const service = (port: number, word: string, more: { volume?: string; reconnects?: boolean } = {}) =>
  defineService({
    image: { repository: "localhost/x", tag: "1" },
    sample: "basic",
    port,
    routes: [{ prefix: `/${word}` }],
    health: { probe: { tcp: true }, tool: "bash" },
    replicas: { max: 3, why: "a test" },
    needs: {
      postgres: { database: long(63, `_${word}`) },
      mongo: { database: long(63, `_${word}`) },
      redis: {},
      kafka: {
        publishes: [long(249, "1"), long(249, "2")],
        consumes: [long(249, "2")],
        group: long(200, word),
        reconnects: more.reconnects ?? true,
      },
      volumes: more.volume === undefined ? [] : [{ name: more.volume, path: "/data" }],
    },
    env: ({ port: own }) => ({ PORT: own }),
  });

/** Names as long as a definition may have them, in pairs that differ in their ends alone. */
export default definePlatform({
  name: long(31, "p"),
  stores: { postgres: {}, mongo: {}, redis: {}, kafka: {} },
  topics: { [long(249, "1")]: {}, [long(249, "2")]: {} },
  services: {
    [long(63, "a")]: service(7001, "a"),
    [long(63, "b")]: service(7002, "b"),
    // What saves its volumes has a name after it, and what watches its consumer.
    [long(45, "c")]: service(7003, "c", { volume: long(63, "1") }),
    [long(45, "d")]: service(7004, "d", { volume: long(63, "2") }),
    [long(48, "e")]: service(7005, "e", { reconnects: false }),
    [long(48, "f")]: service(7006, "f", { reconnects: false }),
  } as Record<string, ReturnType<typeof service>>,
  gateway: {},
});
