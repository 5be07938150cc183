/** One line of a panel: points of minutes and value. */
export interface Series {
  readonly name: string;
  readonly colour: string;
  readonly points: readonly (readonly [number, number])[];
}

/** One chart with its own scale, which begins at zero. */
export interface Panel {
  readonly title: string;
  readonly series: readonly Series[];
}

const width = 760;
const height = 220;
const left = 60;
const top = 30;
const inner = { width: width - left - 20, height: height - top - 40 };

/** Draws panels below each other as an SVG document; the horizontal axis is minutes. */
export function drawPanels(panels: readonly Panel[]): string {
  const body = panels.map((panel, i) => `<g transform="translate(0 ${i * height})">${draw(panel)}</g>`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height * panels.length}" font-family="sans-serif" font-size="12">`,
    "<title>Memory, open files and requests of the gateway over a soak</title>",
    `<rect width="100%" height="100%" fill="white"/>`,
    ...body,
    "</svg>\n",
  ].join("\n");
}

/** A round number at or above `value`. */
function ceiling(value: number): number {
  const step = 10 ** Math.floor(Math.log10(Math.max(value, 1e-9)));
  return ([1, 2, 2.5, 5, 10].find((factor) => factor * step >= value) ?? 10) * step;
}

function draw({ title, series }: Panel): string {
  const points = series.flatMap((each) => each.points);
  const most = ceiling(Math.max(1, ...points.map(([, y]) => y)));
  const last = Math.max(1e-3, ...points.map(([x]) => x));
  const x = (value: number) => (left + (value / last) * inner.width).toFixed(1);
  const y = (value: number) => (top + inner.height - (value / most) * inner.height).toFixed(1);
  const grid = [0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
    `<line x1="${left}" x2="${left + inner.width}" y1="${y(most * share)}" y2="${y(most * share)}" stroke="#ddd"/>`,
    `<text x="${left - 6}" y="${y(most * share)}" dy="4" text-anchor="end">${Number((most * share).toPrecision(3))}</text>`,
    `<text x="${x(last * share)}" y="${top + inner.height + 16}" text-anchor="middle">${(last * share).toFixed(1)}</text>`,
  ]);
  const lines = series.map(
    (each) =>
      `<polyline fill="none" stroke="${each.colour}" stroke-width="1.5" points="${each.points.map(([a, b]) => `${x(a)},${y(b)}`).join(" ")}"/>`,
  );
  const legend = series.map(
    (each, i) => `<text x="${left + 260 + i * 120}" y="18" fill="${each.colour}">${each.name}</text>`,
  );
  return [
    `<text x="${left}" y="18" font-weight="bold">${title}</text>`,
    ...legend,
    ...grid,
    ...lines,
    `<text x="${left + inner.width}" y="${height - 8}" text-anchor="end">minutes</text>`,
  ].join("\n");
}
