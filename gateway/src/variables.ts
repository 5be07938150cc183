const prefix = "GATEWAY_";
/**
 * What Kubernetes puts into every container of a namespace for each Service there (Kubernetes, "Discovering services":
 * environment variables, made compatible with Docker's links). A Service called `gateway` or `gateway-metrics` makes
 * names that begin like the gateway's own.
 */
const serviceLink =
  /_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:ADDR|PORT|PROTO))?)$/;
/**
 * The value of such a link's `…_PORT`. A Service called `gateway-metrics` makes a GATEWAY_METRICS_PORT, one called `proxy`
 * a PROXY_PORT; what Kubernetes is told to set itself wins over both.
 */
const linkedAddress = /^(?:tcp|udp|sctp):\/\//i;

type Environment = Readonly<Record<string, string | undefined>>;

/** Environment variables as they are asked for; what nobody asked for is told by {@link unknown}. */
export class Variables {
  readonly #env: Environment;
  readonly #known = new Set<string>();

  constructor(env: Environment) {
    this.#env = env;
  }

  /** The value of a variable; undefined when it is not set, or is a link of Kubernetes that nobody has asked for. */
  get(name: string): string | undefined {
    this.#known.add(name);
    const value = this.#env[name];
    return value !== undefined && isLink(name, value) ? undefined : value;
  }

  /** A variable that is set and means nothing here, with the known name that is most like it. */
  unknown(): { readonly name: string; readonly nearest: string } | undefined {
    for (const [name, value] of Object.entries(this.#env))
      if (name.startsWith(prefix) && !this.#known.has(name) && value !== undefined && !isLink(name, value))
        return { name, nearest: nearest(name, [...this.#known]) };
    return undefined;
  }
}

function isLink(name: string, value: string): boolean {
  return serviceLink.test(name) || (name.endsWith("_PORT") && linkedAddress.test(value));
}

/** Compared without the first word: who writes GATEWAY_PORT means PROXY_PORT. */
function nearest(name: string, known: readonly string[]): string {
  const rest = (text: string) => text.slice(text.indexOf("_") + 1);
  const far = (text: string) => distance(rest(name), rest(text));
  return known.reduce((best, each) => (far(each) < far(best) ? each : best));
}

/** How many letters must be put in, taken out or changed (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++)
      next[j] = Math.min(
        (row[j] as number) + 1,
        (next[j - 1] as number) + 1,
        (row[j - 1] as number) + (from[i - 1] === to[j - 1] ? 0 : 1),
      );
    row = next;
  }
  return row[to.length] as number;
}
