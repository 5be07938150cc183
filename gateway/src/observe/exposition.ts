import type { Snapshot } from "./metrics.ts";

/** Media type of {@link exposition}. */
export const expositionType = "text/plain; version=0.0.4; charset=utf-8";

/** A snapshot in the Prometheus text format 0.0.4. A family without series is left out. */
export function exposition(snapshot: Snapshot): string {
  let text = "";
  for (const family of snapshot) {
    const { name } = family;
    if (family.samples.length === 0) continue;
    text += `# HELP ${name} ${family.help.replace(/\\/g, "\\\\").replace(/\n/g, "\\n")}\n# TYPE ${name} ${family.type}\n`;
    if (family.type !== "histogram") {
      for (const { labels, value } of family.samples) text += `${name}${labelled(labels)} ${number(value)}\n`;
      continue;
    }
    for (const { labels, counts, sum } of family.samples) {
      let total = 0;
      counts.forEach((count, i) => {
        total += count;
        const bound = family.bounds[i];
        const le = bound === undefined ? "+Inf" : String(bound);
        text += `${name}_bucket${labelled({ ...labels, le })} ${total}\n`;
      });
      text += `${name}_sum${labelled(labels)} ${number(sum)}\n${name}_count${labelled(labels)} ${total}\n`;
    }
  }
  return text;
}

function labelled(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n")}"`,
  );
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

const number = (value: number): string =>
  value === Number.POSITIVE_INFINITY ? "+Inf" : value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);
