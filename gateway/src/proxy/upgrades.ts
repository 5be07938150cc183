import type { Socket } from "node:net";
import type { Route } from "../../../config/route-table.ts";
import type { Problem } from "../message/problem.ts";
import { hostProblem, isWebSocketHandshake } from "../message/request-head.ts";
import type { Settings } from "../settings.ts";
import type { ActiveRoutes } from "./active-routes.ts";
import type { GatewayRequest } from "./incoming.ts";
import { tooMany } from "./refusals.ts";
import { type Observers, reportRefusedHandshake } from "./report.ts";
import { bareRefusal, clientAddress, requestIdOf, requestOrigin } from "./request-facts.ts";
import type { Tunnels } from "./tunnels.ts";

/** What decides on an upgrade. */
export interface UpgradeContext {
  readonly routes: ActiveRoutes;
  readonly tunnels: Tunnels;
  readonly settings: Settings;
  readonly observers: Observers;
}

/** Whether a request is a WebSocket handshake for a route that has WebSocket; any other upgrade is a plain request. */
export function takesUpgrade(request: GatewayRequest, routes: ActiveRoutes): boolean {
  const { head, peer: client } = request;
  if (client.current !== undefined || client.closing) return false;
  if (!isWebSocketHandshake(head, request.method ?? "", request.httpVersion)) return false;
  if (hostProblem(head, false) !== undefined) return false;
  const decision = routes.decide(requestOrigin(request.url ?? "", head.host).target);
  return "route" in decision && decision.route.websocket === true;
}

/**
 * Sends a handshake that {@link takesUpgrade} took to its upstream, or refuses it.
 * @param ending whether no new tunnel is wanted: it would only be cut at the end of the drain.
 */
export function upgrade(
  { routes, tunnels, settings, observers }: UpgradeContext,
  request: GatewayRequest,
  socket: Socket,
  early: Buffer,
  now: number,
  ending: boolean,
): void {
  const { head, peer: client } = request;
  const { target, host } = requestOrigin(request.url ?? "", head.host);
  const address = clientAddress(client, head, settings.trusted);
  const refuse = (problem: Problem, route?: Route, fields?: string) => {
    const id = requestIdOf(head);
    const answer = bareRefusal(problem, id, fields);
    socket.on("error", () => socket.destroy());
    socket.end(answer, "latin1");
    const facts = { id, client: address, target: request.url ?? "", bytesOut: answer.length };
    reportRefusedHandshake(observers, facts, problem, route?.name);
  };
  const decision = routes.decide(target);
  if ("refuse" in decision) return refuse(noUpgrade);
  if (ending) return refuse(shuttingDown, decision.route);
  const state = routes.stateOf(decision.route);
  const wait = state.rateLimiter?.take(address, now) ?? 0;
  if (wait > 0) return refuse(tooMany, decision.route, `Retry-After: ${wait}\r\n`);
  tunnels.open({ client, address, request, socket, early, host, target: decision.target, state });
}

const noUpgrade: Problem = { status: 400, reason: "bad_request", detail: "no upgrade is offered here" };
const shuttingDown: Problem = { status: 503, reason: "draining", detail: "the gateway is shutting down" };
