import { Redis } from "ioredis";
import { MongoClient } from "mongodb";
import pg from "pg";
import { address, required } from "./env.ts";

/** Connects with the value pasted raw into a URL, as the auth service does. */
export async function openPostgres(): Promise<pg.Pool> {
  const url = `postgres://${required("POSTGRES_USER")}:${required("POSTGRES_PASSWORD")}@${address("POSTGRES")}/${required("POSTGRES_DB")}?sslmode=disable`;
  const pool = new pg.Pool({ connectionString: url, max: 5 });
  pool.on("error", () => {});
  // One attempt and no retry, like the real services' migrations.
  await pool.query("SELECT 1");
  return pool;
}

/** Connects without a password: none of the real clients can send one. */
export function openRedis(databaseVariable: string | undefined): Redis {
  const [host = "", port] = address("REDIS").split(":");
  const db = databaseVariable === undefined ? 0 : Number(required(databaseVariable));
  const redis = new Redis({ host, port: Number(port), db, maxRetriesPerRequest: 2 });
  redis.on("error", () => {});
  return redis;
}

/** Connects as messaging does: user of the admin database, password pasted raw. */
export function openMongo(): { readonly client: MongoClient; readonly database: string } {
  const login = `${required("MONGO_USERNAME")}:${required("MONGO_PASSWORD")}`;
  const database = required("MONGO_DB");
  const url = `mongodb://${login}@${address("MONGO")}/${database}?authSource=admin`;
  return { client: new MongoClient(url, { serverSelectionTimeoutMS: 3000 }), database };
}

/** Proves that the role is a plain owner in its own database. @throws when it is a superuser. */
export async function checkPostgres(pool: pg.Pool): Promise<string> {
  const { rows } = await pool.query<{ who: string; db: string; super: boolean }>(
    "SELECT current_user AS who, current_database() AS db, rolsuper AS super FROM pg_roles WHERE rolname = current_user",
  );
  const row = rows[0];
  if (row === undefined || row.super) throw new Error("connected as a superuser");
  return `${row.who} in ${row.db}`;
}

/** Writes and reads a key. */
export async function checkRedis(redis: Redis): Promise<string> {
  await redis.set("wiring:probe", "1", "EX", 10);
  if ((await redis.get("wiring:probe")) !== "1") throw new Error("read back something else");
  return `database ${redis.options.db ?? 0}`;
}
