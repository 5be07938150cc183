import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { type Done, planSchema } from "./plan.ts";

/**
 * The Docker provider cannot fail a container by its exit code, only by its health. So success leaves a marker that
 * the health check looks for, and the process stays long enough to be seen healthy before it ends.
 */
const marker = "/tmp/provisioned";

/** Brings one store to the state of a plan. */
async function provision(file: string): Promise<Done[]> {
  const parsed = planSchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
  if (!parsed.success) throw new Error(`the plan ${file} is not valid: ${z.prettifyError(parsed.error)}`);
  const plan = parsed.data;
  // Each kind loads its own client only: a container that lives for a second need not wait for the others.
  if (plan.kind === "postgres") return (await import("./postgres.ts")).provisionPostgres(plan);
  if (plan.kind === "mongo") return (await import("./mongo.ts")).provisionMongo(plan);
  return (await import("./kafka.ts")).provisionKafka(plan);
}

const [file = "/run/plan.json", linger = "0"] = process.argv.slice(2);
process.once("SIGTERM", () => process.exit(0));
try {
  if (file === "watch") await watchConsumer();
  else {
    for (const done of await provision(file)) console.log(JSON.stringify(done));
    writeFileSync(marker, "");
    await sleep(Number(linger) * 1000);
    process.exit(0);
  }
} catch (error) {
  // Clients wrap what a server said, some of them twice: its own words are the innermost.
  let cause: unknown = error;
  while (cause instanceof AggregateError && cause.errors.length > 0) cause = cause.errors[0];
  console.error(`provision: ${cause instanceof Error ? cause.message || cause.name : String(cause)}`);
  process.exit(1);
}

/** Stays beside a service and answers for its consumer. */
async function watchConsumer(): Promise<void> {
  const { ConsumerWatch, readWatch } = await import("./consumer-watch.ts");
  const { askGroup } = await import("./group-progress.ts");
  const watch = readWatch(process.env);
  await new ConsumerWatch(watch, askGroup(watch.bootstrap, watch.group, watch.address)).start();
}
