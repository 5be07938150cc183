import { randomUUID } from "node:crypto";
import { WebSocketServer } from "ws";
import { listenPort, required } from "./env.ts";
import { Bus } from "./events.ts";
import { Refusal, serve } from "./http.ts";
import { logRequest } from "./log.ts";
import {
  checkPostgres,
  checkRedis,
  openMongo,
  openPostgres,
  openRedis,
  ownCollection,
  ownTable,
} from "./stores.ts";
import { bearer, remoteVerifier } from "./tokens.ts";
import { wiring } from "./wiring.ts";

const idleMs = 60_000;

/** Plays the messaging service. */
export async function messaging(): Promise<() => Promise<void>> {
  const port = listenPort.messaging();
  const publicHost = required("PHX_HOST");
  if (required("SECRET_KEY_BASE").length < 64)
    throw new Error("SECRET_KEY_BASE has fewer than 64 characters");
  const tokens = remoteVerifier();
  const db = await openPostgres();
  await ownTable(db, "users", { id: "uuid PRIMARY KEY", display_name: "text NOT NULL" });
  const redis = openRedis(undefined);
  const { client: mongo, database } = openMongo();
  const documents = mongo.db(database);
  const bus: Bus = new Bus({
    service: "messaging",
    group: "message_consumer",
    consumes: [
      "auth_events",
      "messaging_events",
      "messaging_events_email",
      "messaging_chat_events",
      "messaging_notifications_events",
    ],
    from: "earliest",
    reconnects: false,
    handle: async ({ event_type, payload, key }) => {
      if (event_type === "profile_created") {
        await db.query("INSERT INTO users VALUES ($1, $2) ON CONFLICT DO NOTHING", [
          payload.profile_id,
          payload.display_name,
        ]);
        await bus.publish("messaging_notifications_events", "notify_profile_created", {
          profile_id: payload.profile_id ?? "",
        });
      } else if (event_type === "notify_profile_created") {
        await documents.collection(ownCollection("notifications")).insertOne({
          data: { key, text: "welcome" },
          metadata: { actor_id: payload.profile_id },
        });
      } else if (event_type === "email_queue") {
        await documents
          .collection(ownCollection("emails"))
          .insertOne({ key, recipient: payload.recipient, template: payload.template });
      }
    },
  });
  await bus.start();

  const server = serve(
    "messaging",
    port,
    {
      "GET /swagger": () => ({ status: 302, headers: { Location: "/swagger/index.html" } }),
      "GET /swagger/index.html": () => ({
        status: 200,
        body: "<!doctype html><title>Swagger UI</title>messaging",
      }),
      "GET /swagger/swagger.json": () => ({ status: 200, body: { swagger: "2.0" } }),
      "GET /api/v1/groups/public": async ({ request }) => {
        await tokens.verify(bearer(request));
        return { status: 200, body: [] };
      },
      "GET /api/v1/notifications": async ({ request }) => {
        const claims = await tokens.verify(bearer(request)).catch(() => {
          throw new Refusal(401, "the token is not valid");
        });
        const found = documents
          .collection(ownCollection("notifications"))
          .find({ "metadata.actor_id": claims.profile_id });
        return { status: 200, body: await found.toArray() };
      },
      "GET /api/v1/wiring": wiring("messaging", {
        postgres: () => checkPostgres(db),
        redis: () => checkRedis(redis),
        mongo: async () => {
          const probe = documents.collection<{ _id: string }>(ownCollection("wiring"));
          const _id = randomUUID();
          await probe.insertOne({ _id });
          const found = await probe.findOne({ _id });
          await probe.deleteOne({ _id });
          if (found === null) throw new Error("a document was not found again");
          return `database ${database}`;
        },
        kafka: () => bus.check(),
        jwks: tokens.check,
      }),
    },
    404,
  );
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => {
    const began = performance.now();
    const refuse = (status: string) => {
      socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      logRequest(request, Number.parseInt(status, 10), began);
    };
    const url = new URL(request.url ?? "/", "http://localhost");
    if (url.pathname !== "/socket/websocket") return refuse("404 Not Found");
    const { origin } = request.headers;
    if (origin !== undefined && URL.parse(origin)?.hostname !== publicHost) return refuse("403 Forbidden");
    tokens.verify(url.searchParams.get("token") ?? "").then(
      () =>
        sockets.handleUpgrade(request, socket, head, (peer) => {
          logRequest(request, 101, began);
          const idle = setTimeout(() => peer.close(), idleMs);
          peer.on("message", (data, isBinary) => {
            idle.refresh();
            peer.send(data as Buffer, { binary: isBinary });
          });
          peer.on("close", () => clearTimeout(idle));
        }),
      () => refuse("403 Forbidden"),
    );
  });
  return async () => {
    server.close();
    server.closeAllConnections();
    await Promise.allSettled([bus.close(), db.end(), redis.quit(), mongo.close()]);
  };
}
