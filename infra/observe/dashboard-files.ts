import type { PlatformModel } from "../../config/define/model.ts";

/**
 * The dashboards of a platform as Grafana reads them from a folder: JSON by the name of its file. The one called `overview.json` is
 * what the page begins with.
 */
export const dashboardFiles = (_platform: PlatformModel): Readonly<Record<string, string>> => ({});
