import pg from "pg";
import type { TestStack } from "./test-stack.ts";

/** The tables of a schema, as the administrator sees them at the stack's published port. */
export async function tablesIn(stack: TestStack, database: string, schema: string): Promise<string[]> {
  const client = new pg.Client({
    host: "127.0.0.1",
    port: stack.settings.ports.postgres || 0,
    user: "postgres",
    database,
    password: (await stack.secrets()).get("postgres-admin"),
  });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = $1 ORDER BY 1",
      [schema],
    );
    return rows.map(({ name }) => name);
  } finally {
    await client.end();
  }
}
