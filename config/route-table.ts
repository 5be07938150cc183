/**
 * The gateway's routing table as it lies in its JSON file. A superset of the original `services.json`, so names are
 * snake_case. This is the only thing that the platform definition and the gateway share.
 */

/** A path under a stripped prefix that takes no version prefix; with `suffixes` only paths that end so. */
export type BarePath = string | { readonly path: string; readonly suffixes: readonly string[] };

/** One route: which requests it takes, how their path is rewritten, and where they go. */
export interface Route {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly prefix: string;
  readonly strip_prefix: boolean;
  readonly skip_prefix: readonly BarePath[];
  /** Puts `/api/v{n}` in front of what is left of a stripped path. */
  readonly api_version?: number;
  /** Paths as the upstream would see them that answer 404. */
  readonly deny?: readonly string[];
  readonly websocket?: boolean;
  /** Milliseconds. */
  readonly timeouts?: { readonly response_ms?: number };
  /** Bytes. */
  readonly max_body_bytes?: number;
  /** How `/_gateway/ready` asks the upstream; default TCP. */
  readonly health?: { readonly path: string } | { readonly tcp: true };
}

/** All routes of a gateway. */
export interface RouteTable {
  readonly services: readonly Route[];
}
