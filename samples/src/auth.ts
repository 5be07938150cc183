import { randomBytes, randomUUID, scryptSync, timingSafeEqual } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { listenPort, requiredNumber } from "./env.ts";
import { Bus } from "./events.ts";
import { Refusal, serve } from "./http.ts";
import { checkPostgres, checkRedis, openPostgres, openRedis, ownTable } from "./stores.ts";
import { bearer, openKeys } from "./tokens.ts";
import { wiring } from "./wiring.ts";

interface Account {
  readonly id: string;
  readonly profile_id: string;
  readonly email: string;
  readonly password: string;
  readonly role: string;
  readonly is_active: boolean;
}

const hash = (password: string, salt: string): string =>
  `${salt}:${scryptSync(password, salt, 32).toString("hex")}`;

/** What messaging asks for, whose real one may stand beside this: an active client's, as the real auth gives them. */
const activeScopes = [
  ...["group:create", "group:view", "group:update", "group:delete"],
  ...["member:kick", "member:change_role"],
  ...["invite:create", "invite:accept", "invite:decline"],
  ...["message:view", "notification:view"],
];

/** Plays the auth service. */
export async function auth(): Promise<() => Promise<void>> {
  const port = listenPort.auth();
  const accessSeconds = requiredNumber("JWT_ACCESS_EXPIRED") * 60;
  const refreshSeconds = requiredNumber("JWT_REFRESH_EXPIRED") * 30 * 86_400;
  const keys = await openKeys();
  mkdirSync("www/.well-known", { recursive: true });
  writeFileSync("www/.well-known/jwks.json", JSON.stringify(keys.jwks));
  const db = await openPostgres();
  await ownTable(db, "auths", {
    id: "uuid PRIMARY KEY",
    profile_id: "uuid NOT NULL",
    email: "text UNIQUE NOT NULL",
    password: "text NOT NULL",
    role: "text NOT NULL",
    is_active: "boolean NOT NULL DEFAULT false",
  });
  const redis = openRedis("REDIS_DB");
  const bus = new Bus({
    service: "auth",
    group: "auth_consumer",
    consumes: ["auth_events", "messaging_events"],
    from: "earliest",
    reconnects: false,
    handle: async ({ event_type, payload }) => {
      if (event_type === "profile_created")
        await db.query("UPDATE auths SET is_active = true WHERE id = $1", [payload.auth_id]);
    },
  });
  await bus.start();

  const issue = async (account: Account) => {
    const claims = {
      sub: account.id,
      email: account.email,
      role: account.role,
      profile_id: account.profile_id,
      is_active: account.is_active,
      scope: account.is_active ? activeScopes : ["profile:create"],
    };
    const access_token = await keys.sign("access", accessSeconds, claims);
    const refresh_token = await keys.sign("refresh", refreshSeconds, claims);
    await redis.set(`${account.id}:access`, access_token, "EX", accessSeconds);
    await redis.set(`${account.id}:refresh`, refresh_token, "EX", refreshSeconds);
    const expires_in = Math.floor(Date.now() / 1000) + accessSeconds;
    return { access_token, refresh_token, expires_in, profile_id: account.profile_id, auth_id: account.id };
  };
  const byEmail = async (email: unknown): Promise<Account | undefined> =>
    (await db.query<Account>("SELECT * FROM auths WHERE email = $1", [email])).rows[0];

  const server = serve(
    "auth",
    port,
    {
      "GET /.well-known/jwks.json": () => ({ status: 200, body: keys.jwks }),
      "GET /swagger": () => ({ status: 301, headers: { Location: "/swagger/index.html" } }),
      "GET /swagger/": () => ({ status: 301, headers: { Location: "/swagger/index.html" } }),
      "GET /swagger/index.html": () => ({
        status: 200,
        body: "<!doctype html><title>Swagger UI</title>auth",
      }),
      "GET /swagger/doc.json": () => ({ status: 200, body: { swagger: "2.0", basePath: "/api/v1/account" } }),
      "POST /api/v1/account/sign-up": async ({ json }) => {
        const { email, password, role } = await json();
        if (typeof email !== "string" || typeof password !== "string" || password.length < 8)
          throw new Refusal(400, "email and a password of at least 8 characters are needed");
        if ((await byEmail(email)) !== undefined) throw new Refusal(409, "the e-mail address is taken");
        const account = {
          id: randomUUID(),
          profile_id: randomUUID(),
          email,
          password: hash(password, randomBytes(16).toString("hex")),
          role: typeof role === "string" ? role : "client",
          is_active: false,
        };
        await db.query("INSERT INTO auths VALUES ($1, $2, $3, $4, $5, false)", [
          account.id,
          account.profile_id,
          account.email,
          account.password,
          account.role,
        ]);
        const tokens = await issue(account);
        const { id: auth_id, profile_id } = account;
        await bus.publish("auth_events", "user_created", { auth_id, profile_id, email, role: account.role });
        await bus.publish("messaging_events_email", "email_queue", {
          id: randomUUID(),
          recipient: email,
          template: "welcome",
        });
        return { status: 201, body: tokens };
      },
      "POST /api/v1/account/token": async ({ json }) => {
        const { email, password } = await json();
        const account = await byEmail(email);
        const [salt = ""] = account?.password.split(":") ?? [];
        const given = Buffer.from(hash(String(password), salt));
        const stored = Buffer.from(account?.password ?? "");
        if (account === undefined || given.length !== stored.length || !timingSafeEqual(given, stored))
          throw new Refusal(401, "e-mail or password is wrong");
        return { status: 200, body: await issue(account) };
      },
      "GET /api/v1/account/profiles/me": async ({ request }) => {
        const claims = await keys.verify(request).catch(() => {
          throw new Refusal(403, "the token is not valid");
        });
        if ((await redis.get(`${claims.sub}:access`)) !== bearer(request))
          throw new Refusal(403, "another session began");
        const account = await byEmail(claims.email);
        return {
          status: 200,
          body: { email: claims.email, profile_id: claims.profile_id, is_active: account?.is_active },
        };
      },
      // Open, as in the real service: the gateway must hide it.
      "GET /api/v1/account/groups/permissions": () => ({ status: 200, body: { exposed: true } }),
      "GET /api/v1/wiring": wiring("auth", {
        postgres: () => checkPostgres(db),
        redis: () => checkRedis(redis),
        kafka: () => bus.check(),
        keys: async () => `kid ${keys.jwks.keys[0]?.kid.slice(0, 12)}`,
      }),
    },
    // The real service answers 500 to every unknown path.
    500,
  );
  return async () => {
    server.close();
    server.closeAllConnections();
    await Promise.allSettled([bus.close(), db.end(), redis.quit()]);
  };
}
