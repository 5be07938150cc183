import { definePlatform } from "../../../config/define/define.ts";
import type { PlatformModel } from "../../../config/define/model.ts";
import { defineService } from "../../../config/define/service.ts";

/** What varies of the platform below; a test says it by {@link wishVariable}, as one line of JSON. */
export interface Wish {
  readonly name?: string;
  readonly stores?: readonly Kind[];
  /** Those of them that services need; all without it. */
  readonly needs?: readonly Kind[];
  /** The notes' service; false: there is none. */
  readonly notes?: false | Notes;
  /** Partitions of the topic that nobody takes away. */
  readonly partitions?: number;
  /** A topic that nobody uses. */
  readonly topic?: string;
}

/** What varies of the notes' service. */
export interface Notes {
  readonly name?: string;
  readonly renamedFrom?: readonly string[];
  readonly database?: string | false;
  readonly formerDatabases?: readonly string[];
  readonly topic?: string | false;
  readonly volume?: string | false;
  readonly secret?: string | false;
}
type Kind = "postgres" | "mongo" | "redis" | "kafka";

/** Carries a {@link Wish}. */
export const wishVariable = "BEAT_TEST_PLATFORM";
const wish = JSON.parse(process.env[wishVariable] ?? "{}") as Wish;
const kinds = wish.stores ?? ["postgres", "mongo", "redis", "kafka"];

/** Stores as far as there are any. */
const available = <Needs extends object>(needs: Needs, among = wish.needs ?? kinds): Partial<Needs> =>
  Object.fromEntries(
    Object.entries(needs).filter(([kind, need]) => among.includes(kind as Kind) && need !== undefined),
  ) as Partial<Needs>;

const kafkaNeed = (topic: string | false, group: string) =>
  topic === false ? undefined : { publishes: [topic], consumes: [topic], group };

/** A service of the sample's: it says what it was given, whatever that is. */
const service = (
  port: number,
  prefix: string,
  needs: object,
  secret: string | false,
  renamedFrom: readonly string[],
) =>
  defineService({
    image: { repository: `localhost/${prefix.slice(1)}`, tag: "1.0.0" },
    renamedFrom: [...renamedFrom],
    sample: "basic",
    port,
    routes: [{ prefix, apiVersion: 1 }],
    health: { probe: { http: "/api/v1/health" }, tool: "wget" },
    replicas: { max: 1, why: "a test" },
    memoryMiB: 128,
    needs: needs as object,
    env: (given) => {
      const { postgres, kafka } = given as typeof given & Refs;
      return {
        PORT: given.port,
        ...(postgres && {
          POSTGRES_HOST: postgres.host,
          POSTGRES_PORT: postgres.port,
          POSTGRES_DB: postgres.database,
          POSTGRES_USER: postgres.user,
          POSTGRES_PASSWORD: postgres.password,
        }),
        ...(kafka && {
          KAFKA_HOST: kafka.host,
          KAFKA_PORT: kafka.port,
          KAFKA_GROUP: prefix.slice(1),
          KAFKA_CONSUMES: kafka.consumes.join(","),
        }),
        ...(secret !== false && { KEY: given.secret(secret) }),
      };
    },
  });
type Given = Parameters<
  Parameters<
    typeof defineService<{ postgres: { database: string }; kafka: { consumes: string[] } }>
  >[0]["env"]
>[0];
type Refs = { readonly postgres?: Given["postgres"]; readonly kafka?: Given["kafka"] };

const notes = wish.notes === undefined ? {} : wish.notes;
const topic = notes === false ? false : (notes.topic ?? "notes_events");

/** Two services: one that nothing happens to, and one that everything happens to. */
export default (definePlatform as (input: object) => PlatformModel)({
  name: wish.name ?? "beat-ecoprove",
  stores: available({ postgres: {}, mongo: {}, redis: {}, kafka: {} }, kinds),
  topics: {
    ...(kinds.includes("kafka") && { visits: { partitions: wish.partitions ?? 2 } }),
    ...(wish.topic !== undefined && { [wish.topic]: { partitions: 1 } }),
    ...(kinds.includes("kafka") && topic !== false && { [topic]: { partitions: 1 } }),
  },
  services: {
    "guest-service": service(
      5000,
      "/guests",
      available({ postgres: { database: "guests" }, kafka: kafkaNeed("visits", "guests") }),
      false,
      [],
    ),
    ...(notes !== false && {
      [notes.name ?? "notes-service"]: service(
        5001,
        "/notes",
        {
          ...available({
            postgres:
              notes.database === false
                ? undefined
                : {
                    database: notes.database ?? "notes",
                    ...(notes.formerDatabases && { renamedFrom: [...notes.formerDatabases] }),
                  },
            mongo: { database: "notes" },
            redis: {},
            kafka: kafkaNeed(topic, "notes"),
          }),
          volumes:
            notes.volume === false ? [] : [{ name: notes.volume ?? "notes-files", path: "/app/public" }],
        },
        notes.secret ?? "key",
        notes.renamedFrom ?? [],
      ),
    }),
  },
  gateway: {},
});
