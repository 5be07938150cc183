import { Redis } from "ioredis";
import { MongoClient } from "mongodb";
import pg from "pg";
import { address, required } from "./env.ts";

/** Where the samples keep their tables: the real services, which migrate `public`, find nothing of theirs in the way. */
const schema = "sample";

/**
 * Connects with the value pasted raw into a URL, as the auth service does. Tables are found and made in a schema of the
 * samples' own; `public` is behind it, for extensions.
 */
export async function openPostgres(): Promise<pg.Pool> {
  const url = `postgres://${required("POSTGRES_USER")}:${required("POSTGRES_PASSWORD")}@${address("POSTGRES")}/${required("POSTGRES_DB")}?sslmode=disable`;
  const pool = new pg.Pool({ connectionString: url, max: 5, options: `-c search_path=${schema},public` });
  pool.on("error", () => {});
  // One attempt and no retry, like the real services' migrations.
  await pool.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
  return pool;
}

/**
 * Makes a table of the samples. One with the same name and just these columns in `public` is theirs from the time when
 * they had no schema of their own: it moves over with its rows. Any other there is a real service's and stays.
 * @param columns name → type and constraints, as CREATE TABLE takes them.
 */
export async function ownTable(
  pool: pg.Pool,
  table: string,
  columns: Readonly<Record<string, string>>,
): Promise<void> {
  const { rows } = await pool.query<{ column: string; schema: string }>(
    `SELECT table_schema::text AS schema, column_name::text AS column FROM information_schema.columns
     WHERE table_schema IN ('public', '${schema}') AND table_name = $1 ORDER BY 2`,
    [table],
  );
  const columnsIn = (where: string) => rows.filter((row) => row.schema === where).map((row) => row.column);
  const earlier = columnsIn("public").join() === Object.keys(columns).sort().join();
  if (earlier && columnsIn(schema).length === 0)
    await pool.query(`ALTER TABLE public.${table} SET SCHEMA ${schema}`);
  const list = Object.entries(columns).map(([name, type]) => `${name} ${type}`);
  await pool.query(`CREATE TABLE IF NOT EXISTS ${schema}.${table} (${list.join(", ")})`);
}

/** Connects without a password: none of the real clients can send one. Every key gets the samples' own prefix. */
export function openRedis(databaseVariable: string | undefined): Redis {
  const [host = "", port] = address("REDIS").split(":");
  const db = databaseVariable === undefined ? 0 : Number(required(databaseVariable));
  const redis = new Redis({ host, port: Number(port), db, keyPrefix: "sample:", maxRetriesPerRequest: 2 });
  redis.on("error", () => {});
  return redis;
}

/** A collection that no real service reads. */
export const ownCollection = (name: string): string => `sample_${name}`;

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
