import { type MetricName, metricOf } from "./metric-names.ts";

/** The name of a time series: a metric's own, or of the parts of a histogram. */
export type SeriesName = MetricName | `${MetricName}_${"bucket" | "sum" | "count"}`;

/** What a label is asked to be: a text, one of several, or anything that a regular expression takes or does not take. */
export type Matcher = string | readonly string[] | { readonly like: string } | { readonly unlike: string };

/** Labels that whoever scrapes adds to every series of a cluster or of an engine. */
export const scraperLabels = [
  "job",
  "instance",
  "namespace",
  "pod",
  "container",
  "service",
  "endpoint",
] as const;

/** A text between quotation marks. Source: Prometheus, "Querying basics", string literals: the escapes of Go, as JSON has them. */
const quoted = (text: string): string => JSON.stringify(text);

/** A text as a regular expression that takes nothing else. Source: RE2, syntax. */
export const literal = (text: string): string => text.replace(/[\\.+*?()|[\]{}^$]/g, "\\$&");

/** The metric that a series is part of, and the labels that it has. @throws when no metric has such a series. */
export function seriesOf(name: string): { readonly metric: MetricName; readonly labels: readonly string[] } {
  const [, base = name, part] = /^(.*)_(bucket|sum|count)$/.exec(name) ?? [];
  const histogram = part !== undefined && metricOf(base as MetricName)?.type === "histogram";
  const metric = (histogram ? base : name) as MetricName;
  const known = metricOf(metric);
  if (known === undefined || (known.type === "histogram" && !histogram))
    throw new Error(`no metric has series called ${name}`);
  return { metric, labels: histogram && part === "bucket" ? [...known.labels, "le"] : known.labels };
}

function written(label: string, matcher: Matcher): string {
  if (typeof matcher === "string") return `${label}=${quoted(matcher)}`;
  if ("like" in matcher) return `${label}=~${quoted(matcher.like)}`;
  if ("unlike" in matcher) return `${label}!~${quoted(matcher.unlike)}`;
  const [only, ...more] = matcher;
  if (only !== undefined && more.length === 0) return `${label}=${quoted(only)}`;
  return `${label}=~${quoted(matcher.map(literal).join("|"))}`;
}

/** Series of a stack by name and labels; with a window such as `5m` what they were for that long. */
export type Select = (
  name: SeriesName,
  labels?: Readonly<Record<string, Matcher>>,
  window?: string,
) => string;

/**
 * How the series of one stack are chosen among those of a store of metrics.
 * @param always labels that all of them have: on a cluster the namespace, since one Prometheus has many of them.
 * @throws when a metric or a label is asked for that nobody has.
 */
export const selecting =
  (always: Readonly<Record<string, string>>): Select =>
  (name, labels = {}, window) => {
    const known = new Set<string>([...seriesOf(name).labels, ...scraperLabels]);
    const unknown = Object.keys(labels).filter((label) => !known.has(label));
    if (unknown.length > 0) throw new Error(`${name} has no label ${unknown.join(", ")}`);
    const matchers = Object.entries({ ...labels, ...always }).map(([label, matcher]) =>
      written(label, matcher),
    );
    return `${name}${matchers.length === 0 ? "" : `{${matchers.join(",")}}`}${window === undefined ? "" : `[${window}]`}`;
  };

/** The bucket of a histogram up to a bound, seconds: Prometheus 3 writes 1 as `1.0`, what came before as it was told. */
export const upTo = (seconds: number): Matcher =>
  Number.isInteger(seconds) ? { like: `${seconds}(\\.0)?` } : String(seconds);

/** Nothing, while one of these is so: of what has a cause that is told already nothing else is told. */
export const unless = (...causes: readonly string[]): string =>
  causes.map((cause) => ` unless on () (${cause})`).join("");
