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
    const ask = shared(subject, kind);
    return readersNamed(subject, kind).map(({ service, name }) =>
      tried("consumer", `${service}, ${name}`, () => reads(ask, service, subject.patienceSeconds)),
    );
  });

type Asked = Pick<Subject, "platform" | "inside">;

/** Who reads from a kind of store what others write there, as far as a watch of it can tell. */
export function readersNamed(
  { platform }: Pick<Subject, "platform">,
  kind: StoreKind,
): readonly Pick<Reader, "service" | "name">[] {
  const { readers } = storeOf(kind).watch ?? {};
  if (readers === undefined || platform.stores[kind] === undefined) return [];
  return readers.named(needsOf(platform, kind));
}

type Ask = () => Promise<readonly Reader[]>;

/** What the watches tell; all readers share it for a second. */
function shared(subject: Asked, kind: StoreKind): Ask {
  let told: Promise<readonly Reader[]> | undefined;
  let at = 0;
  return () => {
    if (told === undefined || performance.now() - at > 1000) {
      at = performance.now();
      told = readersOf(subject, kind);
    }
    return told;
  };
}

/**
 * How far those are who read from a kind of store: asks one watch after the other until one answers.
 * @throws {Failed} when none does. @throws {Skipped} when there is none.
 */
export async function readersOf({ platform, inside }: Asked, kind: StoreKind): Promise<readonly Reader[]> {
  const path = storeOf(kind).watch?.readers?.path(needsOf(platform, kind)) ?? "";
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
