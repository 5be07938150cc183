import { type StoreKind, storeKinds, storeOf } from "../stores/index.ts";
import type { PlatformModel } from "./define/model.ts";
import { observabilityOf } from "./settings/observability.ts";
import { externalStores, type Settings } from "./settings/schema.ts";

/** The stores of a stack that an exporter tells of: its own. What somebody else runs, somebody else measures. */
export const monitoredStores = (platform: PlatformModel, settings: Settings): StoreKind[] =>
  observabilityOf(settings).metrics
    ? storeKinds.filter(
        (kind) =>
          platform.stores[kind] !== undefined &&
          storeOf(kind).exporter !== undefined &&
          externalStores(settings)[kind] === undefined,
      )
    : [];
