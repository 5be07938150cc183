import { scraperLabels, seriesOf } from "../../infra/observe/promql.ts";

/** Words of PromQL that are no name of anybody's. Source: Prometheus, "Querying": operators and functions used here. */
const words = new Set(
  "sum max min count avg by on and or unless rate increase delta absent scalar vector time offset min_over_time predict_linear histogram_quantile group_left topk clamp_min label_replace ALERTS inf".split(
    " ",
  ),
);

/** What an expression names that no metric or label is called; empty when all is known. */
export function unknownIn(expr: string): string[] {
  const unknown: string[] = [];
  const labels = new Set<string>(scraperLabels);
  const bare = expr
    // Selectors, with their labels.
    .replaceAll(
      /([a-zA-Z_:][\w:]*)\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\}/g,
      (_all, name: string, matchers: string) => {
        const named = [...matchers.matchAll(/([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)/g)].map(
          ([, label = ""]) => label,
        );
        const known = labelsOf(name);
        if (known === undefined) unknown.push(name);
        else {
          for (const label of known) labels.add(label);
          unknown.push(
            ...named
              .filter((label) => !known.includes(label) && !isScraper(label))
              .map((label) => `${name}{${label}}`),
          );
        }
        return " 1 ";
      },
    )
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, " ")
    .replaceAll(/\[[^\]]*\]/g, " ")
    .replaceAll(/\b\d+(?:\.\d+)?(?:[smhdwy]|e\d+)?\b/g, " ");
  const groups: string[] = [];
  const rest = bare.replaceAll(/\b(?:by|on|group_left)\s*\(([^)]*)\)/g, (_all, list: string) => {
    groups.push(
      ...list
        .split(",")
        .map((label) => label.trim())
        .filter((label) => label !== ""),
    );
    return " ";
  });
  for (const [name] of rest.matchAll(/[a-zA-Z_:][\w:]*/g)) {
    if (words.has(name)) continue;
    const known = labelsOf(name);
    if (known === undefined) unknown.push(name);
    else for (const label of known) labels.add(label);
  }
  return [...unknown, ...groups.filter((label) => !labels.has(label))];
}

const isScraper = (label: string): boolean => (scraperLabels as readonly string[]).includes(label);

function labelsOf(series: string): readonly string[] | undefined {
  if (series === "ALERTS") return ["alertname", "alertstate", "severity", "stack", "platform"];
  try {
    return seriesOf(series).labels;
  } catch {
    return undefined;
  }
}
