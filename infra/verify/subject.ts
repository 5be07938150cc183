import type { KeyObject } from "node:crypto";
import type { PlatformModel, ServiceModel } from "../../config/define/model.ts";
import type { Settings } from "../../config/settings/schema.ts";
import type { Inside } from "../operate/inside.ts";
import type { Transform } from "../workloads/plan.ts";
import type { Door } from "./door.ts";

/** A running stack that is verified. */
export interface Subject {
  readonly platform: PlatformModel;
  readonly settings: Settings;
  readonly transform?: Transform | undefined;
  readonly door: Door;
  /** Why the gateway need not be asked: it is not there. */
  readonly gone?: string | undefined;
  readonly inside: Inside;
  /** The key that the stack's tokens are checked with; undefined when it is not known here. */
  readonly publicKey: KeyObject | undefined;
  /** The longest time for which anything is tried again, seconds; default: what each may take. */
  readonly patienceSeconds?: number;
}

/** The services that clients reach. */
export const routed = (platform: PlatformModel): readonly ServiceModel[] =>
  Object.values(platform.services).filter(({ routes }) => routes.length > 0);
