/** A number that somebody tells a scraper. */
export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const line = /^(?<name>[A-Za-z_:][\w:]*)(?:\{(?<labels>.*)\})?\s+(?<value>\S+)(?:\s+\d+)?$/;
const label = /(?<name>\w+)="(?<value>(?:[^"\\]|\\.)*)"/g;

/** The series of a page of metrics; what is none of them is left out. Source: Prometheus, "Exposition formats". */
export function seriesIn(text: string): Series[] {
  return text.split("\n").flatMap((each): Series[] => {
    const found = line.exec(each.trim())?.groups;
    if (found === undefined || each.startsWith("#")) return [];
    const { name = "", labels = "", value = "" } = found;
    const number = /^[+-]?Inf$/i.test(value) ? Number(value.replace(/inf/i, "Infinity")) : Number(value);
    const told = [...labels.matchAll(label)].map(({ groups }) => [
      groups?.name ?? "",
      unescaped(groups?.value ?? ""),
    ]);
    return [{ name, labels: Object.fromEntries(told) as Record<string, string>, value: number }];
  });
}

const unescaped = (text: string): string =>
  text.replace(/\\(.)/g, (_, sign: string) => (sign === "n" ? "\n" : sign));
