import { gatewayName } from "../../core/names.ts";
import { seriesIn } from "../../infra/operate/top/exposition.ts";
import { RouteMeter, type RouteUse } from "../../infra/operate/top/routes.ts";
import type { PartUsage, UsageMeter } from "../../infra/operate/top/usage.ts";
import { readersNamed, readersOf } from "../../infra/verify/consumers.ts";
import type { Subject } from "../../infra/verify/subject.ts";
import { storeKinds } from "../../stores/index.ts";

/** A consumer group. */
export interface GroupUse {
  readonly group: string;
  readonly service: string;
  /** Records that wait for it; undefined where nobody can tell. */
  readonly lag: number | undefined;
  /** Why it cannot be reading, or why nobody knows. */
  readonly fault?: string | undefined;
}

/** How a stack is at a moment. */
export interface Usage {
  readonly parts: readonly PartUsage[];
  readonly routes: readonly RouteUse[];
  readonly groups: readonly GroupUse[];
  /** What could not be read, and why. */
  readonly faults: readonly string[];
}

/** How long `lately` is, milliseconds. */
export const lately = 15_000;

/** Reads how a stack is, again and again. */
export class UsageReader {
  readonly #meter: UsageMeter;
  readonly #subject: Pick<Subject, "platform" | "inside">;
  readonly #routes = new RouteMeter(lately);

  constructor(meter: UsageMeter, subject: Pick<Subject, "platform" | "inside">) {
    this.#meter = meter;
    this.#subject = subject;
  }

  async read(): Promise<Usage> {
    const faults: string[] = [];
    const tried = <T>(what: string, answer: Promise<readonly T[]>): Promise<readonly T[]> =>
      answer.catch((error: Error) => {
        faults.push(`${what}: ${error.message}`);
        return [];
      });
    const [parts, routes, groups] = await Promise.all([
      tried("parts", this.#meter.measure()),
      tried("routes", this.#readRoutes()),
      this.#readGroups(),
    ]);
    return { parts, routes, groups, faults };
  }

  /** Each gateway is asked inside its container, since the port of its metrics leads nowhere from here. */
  async #readRoutes(): Promise<readonly RouteUse[]> {
    const { inside } = this.#subject;
    const ran = await inside.run({ workload: gatewayName }, ["node", "/app/gateway.mjs", "metrics"]);
    const told = ran.filter(({ code }) => code === 0);
    const [silent] = ran;
    if (told.length === 0)
      throw new Error(silent === undefined ? "there is no gateway" : `${silent.member}: ${reasonIn(silent)}`);
    const at = performance.now();
    return this.#routes.read(new Map(told.map(({ member, output }) => [member, seriesIn(output)])), at);
  }

  async #readGroups(): Promise<readonly GroupUse[]> {
    const all = storeKinds.map(async (kind): Promise<readonly GroupUse[]> => {
      const named = readersNamed(this.#subject, kind);
      if (named.length === 0) return [];
      try {
        const readers = await readersOf(this.#subject, kind);
        return readers.map(({ service, name, waiting, fault }) => ({
          group: name,
          service,
          lag: fault === undefined ? waiting : undefined,
          fault,
        }));
      } catch (error) {
        const fault = (error as Error).message;
        return named.map(({ service, name }) => ({ group: name, service, lag: undefined, fault }));
      }
    });
    return (await Promise.all(all)).flat();
  }
}

/** Why a gateway tells nothing: it does not run, or is of an earlier version. */
function reasonIn({ code, output }: { readonly code: number | undefined; readonly output: string }): string {
  const words = output.trim().split("\n").at(-1) ?? "";
  return code === undefined ? `does not run (${words})` : words || `exit code ${code}`;
}
