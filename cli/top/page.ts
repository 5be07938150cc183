import { styleText } from "node:util";
import type { Requests, RouteUse } from "../../infra/operate/top/routes.ts";
import type { PartUsage } from "../../infra/operate/top/usage.ts";
import type { GroupUse, Usage } from "./read.ts";

/** Where nobody measures. */
const none = "n/a";
type Style = Parameters<typeof styleText>[0];

/** Lines of text in columns; the first is the head. Columns after the first are numbers, but for `words`. */
function table(rows: readonly (readonly string[])[], words: readonly number[]): string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, at) => (words.includes(at) ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}

/** How a stack is, as lines for a terminal; without colours as a text. */
export function pageOf(
  { parts, routes, groups, faults }: Usage,
  { title, colours }: { readonly title: string; readonly colours: boolean },
): string[] {
  const styled = (style: Style, text: string) =>
    colours ? styleText(style, text, { validateStream: false }) : text;
  const block = (
    rows: readonly (readonly string[])[],
    words: readonly number[],
    bad: (at: number) => boolean,
  ) =>
    table(rows, words).map((line, at) =>
      at === 0 ? styled("gray", line) : bad(at - 1) ? styled("red", line) : line,
    );
  // What is not well stands first: a terminal may be too low for all.
  const sorted = parts
    .filter(({ ended }) => !ended)
    .sort((a, b) => Number(a.ok) - Number(b.ok) || (a.name < b.name ? -1 : 1));
  return [
    title,
    ...faults.map((fault) => styled("red", `✘ ${fault}`)),
    "",
    ...block([partHead, ...sorted.map(partRow)], [0, 1, 6], (at) => sorted[at]?.ok === false),
    ...(routes.length === 0
      ? []
      : [
          "",
          ...block([routeHead, ...routes.map(routeRow)], [0], (at) => (routes[at]?.lately.errors ?? 0) > 0),
        ]),
    ...(groups.length === 0
      ? []
      : [
          "",
          ...block([groupHead, ...groups.map(groupRow)], [0, 1, 3], (at) => groups[at]?.fault !== undefined),
        ]),
  ];
}

const partHead = ["", "PART", "CPU", "MEMORY", "LIMIT", "RESTARTS", "STATE"];
const partRow = ({ name, ok, status, cpu, memoryBytes, memoryLimitBytes, restarts }: PartUsage): string[] => [
  ok ? "✔" : "✘",
  name,
  cpu === undefined ? none : `${(cpu * 100).toFixed(1)}%`,
  memoryBytes === undefined ? none : mebibytes(memoryBytes),
  memoryLimitBytes === undefined ? none : mebibytes(memoryLimitBytes),
  restarts === undefined ? none : String(restarts),
  status,
];

const routeHead = ["ROUTE", "REQ/S", "5XX", "P99", "EVER", "5XX", "P99"];
const routeRow = ({ route, rate, lately, ever }: RouteUse): string[] => [
  route,
  rate.toFixed(1),
  share(lately),
  milliseconds(lately.p99Ms),
  String(ever.count),
  share(ever),
  milliseconds(ever.p99Ms),
];

const groupHead = ["GROUP", "SERVICE", "LAG", ""];
const groupRow = ({ group, service, lag, fault }: GroupUse): string[] => [
  group,
  service,
  lag === undefined ? none : String(lag),
  fault ?? "",
];

const mebibytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(0)} MiB`;
const share = ({ count, errors }: Requests): string =>
  count === 0 ? "-" : `${((errors / count) * 100).toFixed(errors === 0 ? 0 : 1)}%`;

function milliseconds(value: number | undefined): string {
  if (value === undefined) return "-";
  if (value === Number.POSITIVE_INFINITY) return "> 10 s";
  return value < 10 ? `${value.toFixed(1)} ms` : `${value.toFixed(0)} ms`;
}

/** What of lines a terminal has room for. */
export function fitting(lines: readonly string[], columns: number, rows: number): string[] {
  const most = Math.max(rows - 1, 1);
  const shown =
    lines.length <= most ? lines : [...lines.slice(0, most - 1), `… ${lines.length - most + 1} lines more`];
  return shown.map((line) => cut(line, columns));
}

/** The beginning of a line that may have colours in it, which take no room. */
function cut(line: string, columns: number): string {
  let room = columns;
  return line.replace(/\x1b\[[\d;]*m|./gsu, (piece) => (piece.startsWith("\x1b") || room-- > 0 ? piece : ""));
}
