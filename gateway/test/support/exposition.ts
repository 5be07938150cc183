/** One series of a family. */
export interface Series {
  readonly labels: Record<string, string>;
  readonly value: number;
}

/** A strict reader of the text format: throws on a line, an order or a number that the format does not allow. */
export function read(text: string): Map<string, Series[]> {
  const found = new Map<string, Series[]>();
  const families = new Set<string>();
  let family = "";
  let type = "";
  if (text !== "" && !text.endsWith("\n")) throw new Error("the last line must end");
  for (const line of text.split("\n").slice(0, -1)) {
    const help = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) ((?:[^\\\n]|\\\\|\\n)*)$/.exec(line);
    if (help !== null) {
      family = help[1] as string;
      type = "";
      if (families.has(family)) throw new Error(`${family} comes twice`);
      families.add(family);
      continue;
    }
    const kind = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line);
    if (kind !== null) {
      if (kind[1] !== family || type !== "") throw new Error(`TYPE out of place: ${line}`);
      type = kind[2] as string;
      if ((type === "counter") !== family.endsWith("_total")) throw new Error(`_total: ${family}`);
      continue;
    }
    const sample =
      /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\\\|\\"|\\n)*",?)*)\})? (\S+)$/.exec(
        line,
      );
    if (sample === null) throw new Error(`not a sample: ${line}`);
    const [, name = "", pairs = "", number = ""] = sample;
    const suffix = name.slice(family.length);
    const allowed = type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
    if (!name.startsWith(family) || !allowed.includes(suffix)) throw new Error(`stray sample: ${line}`);
    if (!/^([+-]?\d+(\.\d+)?(e[+-]?\d+)?|[+-]Inf|NaN)$/.test(number)) throw new Error(`number: ${line}`);
    const labels: Record<string, string> = {};
    for (const [, key = "", value = ""] of pairs.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g))
      labels[key] = value.replace(/\\(.)/g, (_all, c: string) => (c === "n" ? "\n" : c));
    const value = number === "+Inf" ? Number.POSITIVE_INFINITY : Number(number);
    const series = found.get(name) ?? [];
    if (series.some((other) => JSON.stringify(other.labels) === JSON.stringify(labels)))
      throw new Error(`series twice: ${line}`);
    series.push({ labels, value });
    found.set(name, series);
  }
  return found;
}
/** The value of the series with these labels; undefined when there is none. */
export const reading = (
  text: string | Map<string, Series[]>,
  name: string,
  labels: Record<string, string> = {},
): number | undefined =>
  (typeof text === "string" ? read(text) : text)
    .get(name)
    ?.find((series) => Object.entries(labels).every(([key, value]) => series.labels[key] === value))?.value;
