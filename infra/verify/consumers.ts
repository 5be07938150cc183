import { needsOf } from "../../config/store-use.ts";
import { logLines } from "../../core/log-lines.ts";
import { type StoreKind, storeKinds, storeOf } from "../../stores/index.ts";
import type { Reader } from "../../stores/store.ts";
import { watchPlaces } from "../workloads/of-services.ts";
import type { Subject } from "./subject.ts";
import { Failed, Skipped, type Tried, tried, until } from "./tried.ts";

/** How long a consumer may take over what waits for it, or over a rebalance, seconds: auth's waits up to 10 s for more. */
const longestRead = 20;

/** Whether every service that reads events is a member of its group, is given its topics, and has read what is there. */
export const consumers = (subject: Subject): Promise<Tried>[] =>
  storeKinds.flatMap((kind) => {
    const { readers } = storeOf(kind).watch ?? {};
    if (readers === undefined || subject.platform.stores[kind] === undefined) return [];
    const needs = needsOf(subject.platform, kind);
    const ask = shared(subject, kind, readers.path(needs));
    return readers
      .named(needs)
      .map(({ service, name }) =>
        tried("consumer", `${service}, ${name}`, () => reads(ask, service, subject.patienceSeconds)),
      );
  });

type Ask = () => Promise<readonly Reader[]>;

/** What the watches tell; all readers share it for a second. */
function shared(subject: Subject, kind: StoreKind, path: string): Ask {
  let told: Promise<readonly Reader[]> | undefined;
  let at = 0;
  return () => {
    if (told === undefined || performance.now() - at > 1000) {
      at = performance.now();
      told = report(subject, kind, path);
    }
    return told;
  };
}

/** Asks one watch after the other until one answers. */
async function report(
  { platform, inside }: Subject,
  kind: StoreKind,
  path: string,
): Promise<readonly Reader[]> {
  const places = watchPlaces(platform, inside.runtime).filter((place) => place.kind === kind);
  if (places.length === 0)
    throw new Skipped("only a watch can ask for it, and no service here has one (needs.kafka.reconnects)");
  const faults: string[] = [];
  for (const { workload, container, port } of places) {
    const url = `http://127.0.0.1:${port}${path}`;
    const ran = await inside.run({ workload, ...(container !== undefined && { container }) }, [
      ...["wget", "-q", "-T", "10", "-O", "-"],
      url,
    ]);
    for (const { member, code, output } of ran) {
      if (code !== 0) {
        faults.push(
          `${member} ${code === undefined ? "does not run" : "does not answer"}: ${logLines(output).join(" ")}`,
        );
        continue;
      }
      try {
        return storeOf(kind).watch?.readers?.read(output, needsOf(platform, kind)) ?? [];
      } catch {
        faults.push(`${member} is of an earlier version: ./beat up`);
      }
    }
    if (ran.length === 0) faults.push(`there is no ${workload}`);
  }
  throw new Failed(`no watch can be asked: ${faults.join("; ")}`);
}

/** What waits must be read, or at least be less than it was: busy is not deaf. */
async function reads(ask: Ask, service: string, patience = longestRead): Promise<string> {
  let first: string | undefined;
  return until(patience, async () => {
    const reader = (await ask()).find((each) => each.service === service);
    if (reader === undefined) throw new Failed("nothing is told of it");
    const { fault, waiting, position } = reader;
    if (fault !== undefined) throw new Failed(fault);
    first ??= position;
    if (waiting === 0) return "reads, nothing waits";
    if (position !== first) return `reads, ${waiting} wait`;
    throw new Failed(`${waiting} wait, and it reads no further`);
  });
}
