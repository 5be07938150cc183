import http from "node:http";
import net from "node:net";
import type { Route, RouteTable } from "../../../config/route-table.ts";

/** How one upstream answered; time in milliseconds. */
export interface UpstreamState {
  readonly name: string;
  readonly status: "ok" | "failed";
  readonly ms: number;
}

const timeout = 2_000;
/** Probes answer from memory for this long, so that asking often costs the upstreams nothing. */
const freshMs = 1_000;

/** Asks every distinct upstream whether it answers. */
export class Readiness {
  #states: Promise<readonly UpstreamState[]> | undefined;
  #askedAt = 0;
  #table: RouteTable;

  constructor(table: RouteTable) {
    this.#table = table;
  }

  /** Takes over a new routing table. */
  use(table: RouteTable): void {
    this.#table = table;
    this.#states = undefined;
  }

  /** The state of each upstream, at most a second old. */
  states(): Promise<readonly UpstreamState[]> {
    if (this.#states === undefined || Date.now() - this.#askedAt > freshMs) {
      this.#askedAt = Date.now();
      const distinct = new Map(
        this.#table.services.map((route) => [`${route.host}:${route.port}`, route]).reverse() as [
          string,
          Route,
        ][],
      );
      this.#states = Promise.all([...distinct.values()].map(probe));
    }
    return this.#states;
  }
}

async function probe(route: Route): Promise<UpstreamState> {
  const start = performance.now();
  const ok = await (route.health !== undefined && "path" in route.health
    ? probeHttp(route, route.health.path)
    : probeTcp(route));
  return { name: route.name, status: ok ? "ok" : "failed", ms: Math.round(performance.now() - start) };
}

function probeHttp(route: Route, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = http.get({ host: route.host, port: route.port, path, agent: false }, (response) => {
      resolve((response.statusCode ?? 500) < 400);
      // The head says it all; a body may never end.
      request.destroy();
    });
    // In all: one that drips is never quiet.
    const timer = setTimeout(() => request.destroy(), timeout);
    request.on("error", () => resolve(false));
    request.on("close", () => {
      clearTimeout(timer);
      resolve(false);
    });
  });
}

function probeTcp(route: Route): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: route.host, port: route.port, timeout });
    const settle = (ok: boolean) => {
      socket.destroy();
      resolve(ok);
    };
    socket.once("connect", () => settle(true));
    socket.once("timeout", () => settle(false));
    socket.once("error", () => settle(false));
  });
}
