import { externalStores } from "../../config/settings/schema.ts";
import { logLines } from "../../core/log-lines.ts";
import type { Workload } from "../../core/workload.ts";
import { type StoreKind, storeHosts, storeKinds, storeOf } from "../../stores/index.ts";
import { healthTest } from "../engine/probes.ts";
import { workloadsOf } from "../workloads/plan.ts";
import type { Subject } from "./subject.ts";
import { Failed, Skipped, type Tried, tried } from "./tried.ts";

/** Whether each store answers its own readiness check, asked now, in every member. */
export function stores(subject: Subject): Promise<Tried>[] {
  const { platform, settings, inside, transform } = subject;
  const workloads = workloadsOf(platform, inside.runtime, transform);
  const external = externalStores(settings);
  return storeKinds
    .filter((kind) => platform.stores[kind] !== undefined)
    .map((kind) =>
      tried("store", storeOf(kind).title, async () => {
        if (external[kind] !== undefined)
          throw new Skipped("somebody else runs it; --journey uses it through the services");
        const workload = workloads.find(({ role, host }) => role === "store" && host === storeHosts[kind]);
        if (workload === undefined) throw new Failed("the stack has no server of it");
        return ask(subject, kind, workload);
      }),
    );
}

async function ask({ inside }: Subject, kind: StoreKind, { name, health }: Workload): Promise<string> {
  const test = health && healthTest(health.ready);
  if (test === undefined) throw new Skipped(`nothing is known to ask ${kind} with`);
  const [how, ...words] = test;
  const ran = await inside.run({ workload: name }, how === "CMD" ? words : ["sh", "-c", ...words]);
  if (ran.length === 0) throw new Failed(`there is no ${name}`);
  const bad = ran.filter(({ code }) => code !== 0);
  if (bad.length > 0)
    throw new Failed(
      bad
        .map(({ member, code, output }) =>
          code === undefined
            ? `${member} does not run: ${output}`
            : `${member} is not ready: ${lastLine(output) || `exit code ${code}`}`,
        )
        .join("; "),
    );
  return `ready: ${ran.map(({ member }) => member).join(", ")}`;
}

const lastLine = (text: string): string => logLines(text).at(-1) ?? "";
