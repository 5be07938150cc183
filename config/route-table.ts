/**
 * The gateway's routing table as it lies in its JSON file. A superset of the original `services.json`, so names are
 * snake_case. This is the only thing that the platform definition and the gateway share.
 */

/** A path under a stripped prefix that takes no version prefix; with `suffixes` only paths that end so. */
export type BarePath = string | { readonly path: string; readonly suffixes: readonly string[] };

/** A token bucket: `rate` requests a second on average, at most `burst` at once. */
export interface Bucket {
  readonly rate: number;
  readonly burst: number;
}

/** Cross-origin rules that the gateway answers for a route (Fetch standard, CORS protocol). */
export interface CorsPolicy {
  /** Exact origins such as `https://app.example.org`, or `*` alone. */
  readonly origins: readonly string[];
  readonly methods?: readonly string[];
  /** Request fields a page may send; default: whatever the preflight asks for. */
  readonly headers?: readonly string[];
  /** Response fields a page may read. */
  readonly expose?: readonly string[];
  readonly credentials?: boolean;
  readonly max_age_seconds?: number;
}

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
  /** Whether WebSockets pass. Default: false, but true in a file that has only words of the original. */
  readonly websocket?: boolean;
  /** Milliseconds. */
  readonly timeouts?: { readonly connect_ms?: number; readonly response_ms?: number };
  /** Requests of this route at its upstream at once; `queue` more wait up to `queue_ms`, the rest get 503. */
  readonly concurrency?: { readonly max: number; readonly queue?: number; readonly queue_ms?: number };
  /**
   * WebSockets and event streams of this route that are open at once, and those of one client among them. They last for
   * hours, so they are counted apart from requests; `max` defaults to `concurrency.max` where there is one.
   */
  readonly tunnels?: { readonly max?: number; readonly per_client?: number };
  /** Over the limit: 429. */
  readonly rate_limit?: { readonly per_client?: Bucket; readonly total?: Bucket };
  readonly cors?: CorsPolicy;
  /** Bytes. */
  readonly max_body_bytes?: number;
  /** How `/_gateway/ready` asks the upstream; default TCP. */
  readonly health?: { readonly path: string } | { readonly tcp: true };
}

/** All routes of a gateway. */
export interface RouteTable {
  readonly services: readonly Route[];
}
