import type { Socket } from "node:net";
import type { Settings } from "../settings.ts";
import type { ClientConnection } from "./client-connection.ts";
import type { Deadlines } from "./deadlines.ts";
import type { GatewayRequest } from "./incoming.ts";
import { type Observers, reportHandshake, reportTunnel } from "./report.ts";
import { requestIdOf } from "./request-facts.ts";
import type { RouteState } from "./route-state.ts";
import { Tunnel, type TunnelObserver } from "./tunnel.ts";
import { traceFields, upstreamHead } from "./upstream-request.ts";

/** What tunnels need of their gateway. */
export interface TunnelContext {
  readonly deadlines: Deadlines;
  now(): number;
}

/** A handshake that was routed. */
export interface RoutedHandshake {
  readonly client: ClientConnection;
  /** The client's address: the peer's, or what trusted proxies say. */
  readonly address: string;
  readonly request: GatewayRequest;
  readonly socket: Socket;
  /** Bytes that came with it. */
  readonly early: Buffer;
  readonly host: string;
  /** As the upstream gets it. */
  readonly target: string;
  readonly state: RouteState;
}

/** The handshakes and open tunnels of a gateway. */
export class Tunnels implements TunnelObserver {
  readonly deadlines: Deadlines;
  readonly idleTimeout: number;
  readonly halfClosedTimeout: number;
  readonly #context: TunnelContext;
  readonly #observers: Observers;
  readonly #all = new Set<Tunnel>();
  /** Bytes of tunnels that are over. */
  #past = { in: 0, out: 0 };

  constructor(context: TunnelContext, settings: Settings, observers: Observers) {
    this.#context = context;
    this.deadlines = context.deadlines;
    this.idleTimeout = settings.tunnelIdle;
    this.halfClosedTimeout = settings.tunnelHalfClosed;
    this.#observers = observers;
  }

  get size(): number {
    return this.#all.size;
  }

  /** Bytes from and to the clients of all tunnels there were, without refused handshakes. */
  get bytes(): { readonly in: number; readonly out: number } {
    const sum = { ...this.#past };
    for (const tunnel of this.#all) add(sum, tunnel);
    return sum;
  }

  now(): number {
    return this.#context.now();
  }

  /** Sends a handshake to its upstream. */
  open({ client, address, request, socket, early, host, target, state }: RoutedHandshake): void {
    const { head } = request;
    const id = requestIdOf(head);
    const forwarded = { connection: client, head, host, id, method: "GET" };
    const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    const tunnel = new Tunnel(
      {
        socket,
        requestHead: upstreamHead(forwarded, target, upgrade, traceFields(forwarded)),
        key: head.webSocketKey ?? "",
        id,
        host,
        client: address,
        target: request.url ?? "",
        state,
      },
      Buffer.from(early),
      this,
    );
    this.#all.add(tunnel);
  }

  /** Closes all of them at once. */
  destroy(): void {
    for (const tunnel of this.#all) tunnel.destroy();
  }

  onAnswered(tunnel: Tunnel): void {
    reportHandshake(this.#observers, tunnel);
  }

  onClosed(tunnel: Tunnel): void {
    this.#all.delete(tunnel);
    add(this.#past, tunnel);
    reportTunnel(this.#observers, tunnel);
  }
}

function add(sum: { in: number; out: number }, { status, bytesIn, bytesOut }: Tunnel): void {
  if (status !== 101) return;
  sum.in += bytesIn;
  sum.out += bytesOut;
}
