import { value } from "../../core/value.ts";
import { defineService } from "../define/service.ts";

/** Groups, chat and notifications (Elixir/Phoenix). */
export const messagingService = defineService({
  image: { repository: "localhost/messaging-service", tag: "1.0.0" },
  repository: "https://github.com/beat-ecoprove/beat-ecoprove-messaging",
  sample: "messaging",
  port: 4000,
  user: "1000:1000",
  routes: [
    {
      prefix: "/messaging",
      apiVersion: 1,
      bare: ["/swagger"],
      concurrency: { max: 256, queue: 512, queueMs: 2_000 },
    },
    // Sockets stay open for hours: a limit on requests at once would count people, not work.
    { prefix: "/socket", strip: false, websocket: true },
  ],
  // No health route; the Swagger page is served once the endpoint is up.
  health: { probe: { http: "/swagger/index.html" }, tool: "wget", startupSeconds: 90 },
  stopGraceSeconds: 30,
  replicas: { max: 1, why: "broadcasts stay on the node that consumed the record" },
  memoryMiB: 512,
  needs: {
    postgres: { database: "messaging_service" },
    mongo: {
      database: "messaging",
      indexes: [
        {
          collection: "messages",
          keys: [
            ["data.group_id", 1],
            ["_id", -1],
          ],
        },
        {
          collection: "notifications",
          keys: [
            ["metadata.actor_id", 1],
            ["_id", -1],
          ],
        },
      ],
    },
    redis: {},
    kafka: {
      publishes: ["messaging_events", "messaging_chat_events", "messaging_notifications_events"],
      consumes: [
        "auth_events",
        "messaging_events",
        "messaging_events_email",
        "messaging_chat_events",
        "messaging_notifications_events",
      ],
      group: "message_consumer",
      // It is back by itself after some seconds without a broker, and never after four minutes.
      reconnects: "sometimes",
    },
    calls: ["auth-service"],
  },
  verify: {
    websocket: {
      path: "/socket/websocket",
      query: { vsn: "2.0.0" },
      token: "token",
      // Phoenix' own heartbeat, which its clients send every 30 s.
      beat: '[null,"1","phoenix","heartbeat",{}]',
    },
  },
  env: ({ port, postgres, mongo, redis, kafka, calls, secret, stack }) => ({
    // The misspelling is the service's own.
    BEAT_MESSASSING_SERVER: port,
    SECRET_KEY_BASE: secret("key-base"),
    PHX_HOST: stack.publicHost,
    JWKS_URL: value`http://${calls["auth-service"].host}:${calls["auth-service"].port}/.well-known/jwks.json`,
    POSTGRES_HOST: postgres.host,
    POSTGRES_PORT: postgres.port,
    POSTGRES_DB: postgres.database,
    POSTGRES_USER: postgres.user,
    POSTGRES_PASSWORD: postgres.password,
    REDIS_HOST: redis.host,
    REDIS_PORT: redis.port,
    MONGO_HOST: mongo.host,
    MONGO_PORT: mongo.port,
    MONGO_DB: mongo.database,
    MONGO_USERNAME: mongo.user,
    MONGO_PASSWORD: mongo.password,
    KAFKA_HOST: kafka.host,
    KAFKA_PORT: kafka.port,
    // Its HTTP client asks Erlang's resolver, which keeps an address for ten minutes on an engine: until then it would look for
    // auth's keys where auth was before, and refuse every token.
    ERL_AFLAGS: "-eval inet_db:set_cache_size(0)",
  }),
});
