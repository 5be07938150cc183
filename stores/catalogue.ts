import type { Lifecycle } from "../core/versions.ts";

/** One image of the catalogue. */
export interface CatalogueImage {
  readonly repository: string;
  readonly tag: string;
  /** Until when its releases are cared for, where somebody says so. */
  readonly lifecycle?: Lifecycle;
}

/** A port of the engine's machine. */
export interface HostPort {
  /** Its number where a stack says nothing. */
  readonly defaultPort: number;
  /** What is reached there. */
  readonly what: string;
  /** Only there with `platform:devTools`. */
  readonly tool?: boolean;
  /** The variable of the original project that sets it in dev. */
  readonly variable?: string;
}
