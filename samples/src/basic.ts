import { listenPort, required } from "./env.ts";
import { Bus } from "./events.ts";
import { serve } from "./http.ts";
import { checkPostgres, openPostgres } from "./stores.ts";
import { wiring } from "./wiring.ts";

/** Plays a service that the platform does not have yet: one database, some topics. */
export async function basic(): Promise<() => Promise<void>> {
  const db = await openPostgres();
  await db.query("CREATE TABLE IF NOT EXISTS seen (key text PRIMARY KEY, type text NOT NULL)");
  const bus = new Bus({
    service: "basic",
    group: required("KAFKA_GROUP"),
    consumes: required("KAFKA_CONSUMES").split(","),
    from: "earliest",
    reconnects: true,
    handle: async ({ key, event_type }) => {
      await db.query("INSERT INTO seen VALUES ($1, $2) ON CONFLICT DO NOTHING", [key, event_type]);
    },
  });
  await bus.start();
  const server = serve(
    "basic",
    listenPort.basic(),
    {
      "GET /api/v1/health": () => ({ status: 200, body: { status: "ok" } }),
      "GET /api/v1/wiring": wiring("basic", { postgres: () => checkPostgres(db), kafka: () => bus.check() }),
    },
    404,
  );
  return async () => {
    server.close();
    server.closeAllConnections();
    await Promise.allSettled([bus.close(), db.end()]);
  };
}
