import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { listenPort, required } from "./env.ts";
import { Bus } from "./events.ts";
import { Refusal, serve } from "./http.ts";
import { checkPostgres, checkRedis, openPostgres, openRedis, ownTable } from "./stores.ts";
import { bearer, remoteVerifier } from "./tokens.ts";
import { wiring } from "./wiring.ts";

/** A PNG of one transparent pixel. */
const pixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const pendingSeconds = 15 * 60;

/** Plays the core service. */
export async function core(): Promise<() => Promise<void>> {
  const port = listenPort.core();
  const tokens = remoteVerifier();
  if (!existsSync("public")) throw new Error("public does not exist");
  mkdirSync("public/default", { recursive: true });
  const db = await openPostgres();
  // Both were made by the provisioner; a plain owner could not make them.
  await db.query("CREATE EXTENSION IF NOT EXISTS postgis");
  await db.query("CREATE EXTENSION IF NOT EXISTS postgis_topology");
  await ownTable(db, "profiles", {
    id: "uuid PRIMARY KEY",
    auth_id: "uuid NOT NULL",
    display_name: "text NOT NULL",
    place: "geography(point) NOT NULL",
  });
  const redis = openRedis("REDIS_DATABASE");
  const bus = new Bus({
    service: "core",
    group: "core_auth_consumers",
    consumes: ["auth_events"],
    from: "latest",
    reconnects: true,
    handle: async ({ event_type, payload }) => {
      if (event_type === "user_created")
        await redis.set(
          `user_created:${payload.profile_id}`,
          `${payload.auth_id}:${payload.role}`,
          "EX",
          pendingSeconds,
        );
    },
  });
  await bus.start();

  const health = { status: 200, body: { message: "The server is online" } };
  const development = process.env.ASPNETCORE_ENVIRONMENT === "Development";
  const server = serve(
    "core",
    port,
    {
      "GET /api/v1/health": () => health,
      "GET /v1/health": () => health,
      ...(development && {
        "GET /swagger/index.html": () => ({
          status: 200,
          body: "<!doctype html><title>Swagger UI</title>core",
        }),
      }),
      "GET /api/v1/public/adverts": () => ({ status: 200, body: [] }),
      "POST /api/v1/profiles/client": async ({ request, json }) => {
        const claims = await tokens.verify(bearer(request)).catch(() => {
          throw new Refusal(401, "the token is not valid");
        });
        const profile_id = String(claims.profile_id);
        const pending = await redis.get(`user_created:${profile_id}`);
        if (pending === null) throw new Refusal(404, "no sign-up is pending for this profile");
        const [auth_id = "", role = ""] = pending.split(":");
        const display_name = String((await json()).display_name ?? "somebody");
        await db.query(
          "INSERT INTO profiles VALUES ($1, $2, $3, ST_MakePoint(-8.61, 41.15)::geography) ON CONFLICT DO NOTHING",
          [profile_id, auth_id, display_name],
        );
        await bus.publish("auth_events", "profile_created", { auth_id, profile_id, display_name, role });
        return { status: 201, body: { profile_id, display_name } };
      },
      "POST /api/v1/upload": async ({ bytes }) => {
        const body = await bytes();
        const name = `sample-${randomUUID()}.png`;
        writeFileSync(`public/default/${name}`, body);
        return {
          status: 201,
          body: {
            url: `public/default/${name}`,
            bytes: body.length,
            sha256: createHash("sha256").update(body).digest("hex"),
          },
        };
      },
      "GET /public/*": ({ path }) => {
        const file = /^\/public\/([a-z]+)\/([A-Za-z0-9-]+\.png)$/.exec(path);
        const kept = file === null ? "" : `public/${file[1]}/${file[2]}`;
        // The picture that the real service ships is made up, not written: its volume may be taken over.
        if (!existsSync(kept) && path !== "/public/default/avatar.png")
          throw new Refusal(404, "no such picture");
        return { status: 200, body: existsSync(kept) ? readFileSync(kept) : pixel, type: "image/png" };
      },
      "GET /api/v1/wiring": wiring("core", {
        postgres: () => checkPostgres(db),
        postgis: async () => {
          const { rows } = await db.query<{ v: string }>("SELECT postgis_version() AS v");
          return String(rows[0]?.v);
        },
        redis: () => checkRedis(redis),
        kafka: () => bus.check(),
        jwks: tokens.check,
      }),
    },
    404,
  );
  required("JWKS_URL");
  return async () => {
    server.close();
    server.closeAllConnections();
    await Promise.allSettled([bus.close(), db.end(), redis.quit()]);
  };
}
