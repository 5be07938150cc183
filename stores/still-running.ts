import { lookup } from "node:dns/promises";

/**
 * Whether some member is there that shall go: its name is known to the cluster as long as its pod is.
 * @throws when the names cannot be looked up: a name server that is away shall not make members look gone.
 */
export async function anyStillRuns(leaving: readonly { readonly host: string }[]): Promise<boolean> {
  const found = await Promise.all(
    leaving.map(({ host }) =>
      lookup(host).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (error.code === "ENOTFOUND") return false;
          throw error;
        },
      ),
    ),
  );
  return found.includes(true);
}
