import type { AlertName } from "../../../infra/observe/alerts/all.ts";
import { holdingScenarios } from "./of-holdings.ts";
import { requestScenarios } from "./of-requests.ts";
import type { Scenario } from "./scenario.ts";

/** For every kind of alert what it is told at. The compiler names one that has none. */
export const scenarios: Readonly<Record<AlertName, readonly Scenario[]>> = {
  ...requestScenarios,
  ...holdingScenarios,
};
