import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { tellBackups } from "../../stores/backup-metrics.ts";
import { type StoreKind, storeKinds, storeOf } from "../../stores/index.ts";
import type { Done } from "../../stores/store.ts";
import { wordsOf } from "./words.ts";

/**
 * The Docker provider cannot fail a container by its exit code, only by its health. So success leaves a marker that
 * the health check looks for, and the process stays long enough to be seen healthy before it ends.
 */
const marker = "/tmp/provisioned";

/** The kind of store that a text names. @throws when there is none. */
function kindOf(text: unknown): StoreKind {
  const kind = storeKinds.find((known) => known === text);
  if (kind === undefined) throw new Error(`${String(text)} is no store: there are ${storeKinds.join(", ")}`);
  return kind;
}

/** Brings one store to the state of a plan. */
async function provision(file: string): Promise<readonly Done[]> {
  const written = JSON.parse(readFileSync(file, "utf8")) as { readonly kind?: unknown };
  const kind = kindOf(written.kind);
  const provisioning = storeOf(kind).provision;
  if (provisioning === undefined) throw new Error(`there is nothing to provision in ${kind}`);
  const parsed = provisioning.schema.safeParse(written);
  if (!parsed.success) throw new Error(`the plan ${file} is not valid: ${z.prettifyError(parsed.error)}`);
  // Each kind loads its own client only: a container that lives for a second need not wait for the others.
  return (await provisioning.load()).provision(parsed.data as never);
}

/** Stays beside a service that uses a store, and answers whether it is alive. */
async function watch(kind: string): Promise<void> {
  const watching = storeOf(kindOf(kind)).watch;
  if (watching === undefined) throw new Error(`nothing is watched beside users of ${kind}`);
  await (await watching.load()).watch(process.env);
}

// `FILE SECONDS`: prepares a store, then stays so long. `watch KIND`: stays beside a service. `backups`: tells a scraper of them.
const [command = "/run/plan.json", argument = "0"] = process.argv.slice(2);
process.once("SIGTERM", () => process.exit(0));
try {
  if (command === "watch") await watch(argument);
  else if (command === "backups") await once(tellBackups(process.env), "listening");
  else {
    for (const done of await provision(command)) console.log(JSON.stringify(done));
    writeFileSync(marker, "");
    await sleep(Number(argument) * 1000);
    process.exit(0);
  }
} catch (error) {
  console.error(`provision: ${wordsOf(error, process.env)}`);
  process.exit(1);
}
