import { InputError, type Problem } from "../../core/problems.ts";
import type { Workload } from "../../core/workload.ts";
import type { LogSource } from "../../infra/operate/logs/place.ts";

/** A part of the platform, as it is planned. */
export type Planned = Pick<Workload, "name" | "host" | "role">;

/** What of a stack's logs is wanted. */
export interface Choice {
  /** Parts, containers or pods; none for all. */
  readonly names: readonly string[];
  readonly planned: readonly Planned[];
  /** A log that is not there may come. */
  readonly follow: boolean;
  /** One request is looked for: where nothing is named, in the gateway and the services. */
  readonly request: boolean;
}

type Named = Pick<LogSource, "part" | "aliases" | "beside">;

/**
 * Tells which logs are wanted, also of those that come later.
 * @throws {InputError} naming every name that nothing has.
 */
export function chooser(
  { names, planned, follow, request }: Choice,
  there: readonly Named[],
): (source: Named) => boolean {
  const known = planned.filter(({ role }) => role !== "retirement");
  const wanted = names.map((name) => new Set([name, ...hostsOf(name, planned)]));
  const chooses = (source: Named): boolean => {
    if (names.length > 0) return wanted.some((all) => isCalled(source, all));
    return !request || isAsked(source, planned);
  };
  const problems = names.flatMap((name, index): Problem[] => {
    if (there.some((source) => isCalled(source, wanted[index] ?? new Set()))) return [];
    const isPlanned = planned.some((part) => part.name === name || part.host === name);
    if (isPlanned && follow) return [];
    if (isPlanned) return [{ path: name, message: "is not there now, and so has no log", fix: "./beat up" }];
    return [unknownName(name, [...there.map(({ part }) => part), ...known.map(({ name: each }) => each)])];
  });
  if (problems.length > 0) throw new InputError("no log was read", problems);
  if (there.length === 0 && !follow)
    throw new InputError("no log was read", [
      { path: "logs", message: "nothing of the stack is there", fix: "./beat up" },
    ]);
  return chooses;
}

/** A pod is called by its host, a container by its name. */
const hostsOf = (name: string, planned: readonly Planned[]): string[] =>
  planned
    .filter((part) => part.name === name || part.host === name)
    .flatMap((part) => [part.name, part.host]);

const isCalled = ({ part, aliases }: Named, names: ReadonlySet<string>): boolean =>
  names.has(part) || aliases.some((alias) => names.has(alias));

/** Whether requests come to it, as far as is known; what the definition has let go of may be a service. */
function isAsked({ part, beside }: Named, planned: readonly Planned[]): boolean {
  if (beside) return false;
  const role = planned.find(({ name, host }) => name === part || host === part)?.role;
  return role === undefined || role === "gateway" || role === "service";
}

function unknownName(name: string, all: readonly string[]): Problem {
  const names = [...new Set(all)].sort();
  const like = names.filter((each) => each.includes(name) || name.includes(each));
  const near = like.length > 0 ? like : names.filter((each) => distance(each, name) <= 2);
  const message = `no part of the stack is called ${JSON.stringify(name)}`;
  if (near.length === 0)
    return {
      path: "logs",
      message,
      fix: names.length === 0 ? "./beat up" : `use one of ${names.join(", ")}`,
    };
  // A part itself before what goes with it.
  const [first = "", ...others] = near.sort((a, b) => a.length - b.length);
  const more = others.length === 0 ? "" : `   (or ${others.join(", ")})`;
  return { path: "logs", message, fix: `./beat logs ${first}${more}` };
}

/** How many letters have to be changed, put in or taken out to make one word of another. Source: Levenshtein. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++)
      next.push(
        Math.min((row[j] ?? 0) + (letter === b[j] ? 0 : 1), (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1),
      );
    row = next;
  }
  return row[b.length] ?? 0;
}
