import type { PlatformModel } from "../../config/define/model.ts";
import { observabilityOf } from "../../config/settings/observability.ts";
import type { Settings } from "../../config/settings/schema.ts";
import { stackName } from "../../core/names.ts";
import type { Subject } from "./alerts/rule.ts";
import { selecting } from "./promql.ts";

/** A stack, as alerts and dashboards are made for it. */
export function subjectOf(platform: PlatformModel, settings: Settings, stack: string): Subject {
  const { metrics } = observabilityOf(settings);
  const namespace =
    settings.target === "kubernetes"
      ? (settings.kubernetes.namespace ?? stackName(platform.name, stack))
      : undefined;
  return {
    platform,
    settings,
    stack,
    metrics,
    select: selecting(namespace === undefined ? {} : { namespace }),
  };
}
