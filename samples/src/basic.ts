import { listenPort } from "./env.ts";
import { Bus } from "./events.ts";
import { serve } from "./http.ts";
import { checkPostgres, openPostgres, ownTable } from "./stores.ts";
import { wiring } from "./wiring.ts";

/** Plays a service that the platform does not have yet: it uses a database and topics where it is told of them. */
export async function basic(): Promise<() => Promise<void>> {
  const db = process.env.POSTGRES_HOST === undefined ? undefined : await openPostgres();
  if (db !== undefined) await ownTable(db, "seen", { key: "text PRIMARY KEY", type: "text NOT NULL" });
  const { KAFKA_GROUP: group, KAFKA_CONSUMES: consumes } = process.env;
  const bus =
    group === undefined || consumes === undefined
      ? undefined
      : new Bus({
          service: "basic",
          group,
          consumes: consumes.split(","),
          from: "earliest",
          reconnects: true,
          handle: async ({ key, event_type }) => {
            await db?.query("INSERT INTO seen VALUES ($1, $2) ON CONFLICT DO NOTHING", [key, event_type]);
          },
        });
  await bus?.start();
  const server = serve(
    "basic",
    listenPort.basic(),
    {
      "GET /api/v1/health": () => ({ status: 200, body: { status: "ok" } }),
      "GET /api/v1/wiring": wiring("basic", {
        ...(db && { postgres: () => checkPostgres(db) }),
        ...(bus && { kafka: () => bus.check() }),
      }),
    },
    404,
  );
  return async () => {
    server.close();
    server.closeAllConnections();
    await Promise.allSettled([bus?.close(), db?.end()]);
  };
}
