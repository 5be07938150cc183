import type { Subject } from "./alerts/rule.ts";

/**
 * The dashboards of a stack as Grafana reads them from a folder: JSON by the name of its file. The one called `overview.json` is
 * what the page begins with.
 */
export const dashboardFiles = (_subject: Subject): Readonly<Record<string, string>> => ({});
