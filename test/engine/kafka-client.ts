/** Does something with a client, which is closed then. */
export async function using<C extends { close(): Promise<void> }, T>(
  client: C,
  work: (client: C) => Promise<T>,
) {
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
