import {
  DashboardBuilder,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  RowBuilder,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TextBuilder, TextMode } from "@grafana/grafana-foundation-sdk/text";
import { PanelBuilder as CourseBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import type { Subject } from "./alerts/rule.ts";
import { type Dashboard, dashboardsOf, type Panel, type Query } from "./dashboards/panels.ts";

/** Whoever imports a dashboard chooses which Prometheus it asks. */
const source = { type: "prometheus", uid: `\${datasource}` };

const target = ({ expr, legend }: Query, index: number): DataqueryBuilder =>
  new DataqueryBuilder()
    .expr(expr)
    .legendFormat(legend)
    .refId(String.fromCharCode(65 + index));

/** A panel with its place. @param width of the 24 columns that Grafana has. */
function panelOf(panel: Panel, width: number) {
  if ("text" in panel)
    return new TextBuilder()
      .title(panel.title)
      .mode(TextMode.Markdown)
      .content(panel.text)
      .span(width)
      .height(8);
  const builder = panel.shows === "number" ? new StatBuilder().height(4) : new CourseBuilder().height(8);
  builder.title(panel.title).unit(panel.unit).datasource(source).span(width);
  for (const [index, query] of panel.queries.entries()) builder.withTarget(target(query, index));
  return builder;
}

function built({ name, title, rows }: Dashboard, platform: string): unknown {
  const board = new DashboardBuilder(title)
    .uid(`${platform}-${name}`.slice(0, 40))
    .tags([platform])
    .refresh("30s")
    .time({ from: "now-1h", to: "now" })
    .withVariable(new DatasourceVariableBuilder("datasource").label("Prometheus").type("prometheus"))
    .link(
      new DashboardLinkBuilder(platform)
        .type(DashboardLinkType.Dashboards)
        .tags([platform])
        .asDropdown(true)
        .keepTime(true),
    );
  for (const row of rows) {
    board.withRow(new RowBuilder(row.title));
    for (const panel of row.panels) board.withPanel(panelOf(panel, Math.floor(24 / row.panels.length)));
  }
  return board.build();
}

/**
 * The dashboards of a stack as Grafana reads them from a folder: JSON by the name of its file. The one called `overview.json` is
 * what the page begins with.
 */
export const dashboardFiles = (subject: Subject): Readonly<Record<string, string>> =>
  Object.fromEntries(
    dashboardsOf(subject).map((board) => [
      `${board.name}.json`,
      `${JSON.stringify(built(board, subject.platform.name), undefined, 2)}\n`,
    ]),
  );
