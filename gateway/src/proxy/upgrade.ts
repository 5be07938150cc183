import { createHash } from "node:crypto";
import http, { type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Route } from "../../../config/route-table.ts";
import { type ClientFacts, requestHeaders, responseHeaders } from "../message/headers.ts";
import { type Problem, problemFor } from "../message/problem.ts";
import { repairLocation } from "../routing/router.ts";
import type { Settings } from "../settings.ts";

/** From RFC 6455 1.3. */
const websocketGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Whether a request asks for a WebSocket in the one way RFC 6455 4.1 allows. */
export function isWebSocket(request: IncomingMessage): boolean {
  return (
    request.method === "GET" &&
    request.httpVersion === "1.1" &&
    request.headers.upgrade?.toLowerCase() === "websocket" &&
    request.headers["sec-websocket-key"] !== undefined &&
    request.headers["transfer-encoding"] === undefined &&
    (request.headers["content-length"] ?? "0") === "0"
  );
}

/** A WebSocket handshake on its way. */
export interface Handshake {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  readonly head: Buffer;
  readonly route: Route;
  readonly target: string;
  readonly client: ClientFacts;
}

/**
 * Passes a handshake on. Only a valid 101 opens a tunnel; any other answer goes to the client as it is and the
 * connection ends, so bytes after a refused handshake are never tunnelled (CVE-2026-2833).
 * @param done called once with the status that the client got.
 */
export function tunnel(
  handshake: Handshake,
  settings: Settings,
  refuse: (problem: Problem) => void,
  done: (status: number) => void,
): void {
  const { request, socket, head, route, target, client } = handshake;
  const headers = [...requestHeaders(request, client), "Connection", "Upgrade", "Upgrade", "websocket"];
  const upstream = http.request({
    host: route.host,
    port: route.port,
    method: "GET",
    path: target,
    headers,
    agent: false,
    setDefaultHeaders: false,
    maxHeaderSize: settings.maxHeaderBytes,
  });
  const timer = setTimeout(
    () => upstream.destroy(Object.assign(new Error("time-out"), { code: "ERR_RESPONSE_TIMEOUT" })),
    route.timeouts?.response_ms ?? settings.responseTimeout,
  );
  let answered = false;
  const gone = () => upstream.destroy();
  socket.once("close", gone);
  socket.on("error", () => socket.destroy());
  upstream.on("error", (error: NodeJS.ErrnoException) => {
    clearTimeout(timer);
    if (answered) return socket.destroy();
    answered = true;
    refuse(problemFor(error));
  });
  upstream.on("response", (answer) => {
    clearTimeout(timer);
    answered = true;
    done(answer.statusCode ?? 502);
    writeHead(socket, answer, [...fields(answer), "Connection", "close"]);
    answer.pipe(socket);
    answer.on("aborted", () => socket.destroy());
  });
  upstream.on("upgrade", (answer, peer: Socket, peerHead: Buffer) => {
    clearTimeout(timer);
    const expected = createHash("sha1")
      .update(`${request.headers["sec-websocket-key"]}${websocketGuid}`)
      .digest("base64");
    if (
      answer.headers["sec-websocket-accept"] !== expected ||
      answer.headers.upgrade?.toLowerCase() !== "websocket"
    ) {
      peer.destroy();
      answered = true;
      refuse({ status: 502, detail: "the service gave no valid answer" });
      return;
    }
    answered = true;
    socket.off("close", gone);
    done(101);
    writeHead(socket, answer, [...fields(answer), "Connection", "Upgrade", "Upgrade", "websocket"]);
    if (peerHead.length > 0) socket.write(peerHead);
    if (head.length > 0) peer.write(head);
    join(socket, peer, settings.tunnelIdle);
  });
  upstream.end();

  function fields(answer: IncomingMessage): string[] {
    return responseHeaders(answer, client.id, (location) => repairLocation(route, location, client.host));
  }
}

function writeHead(socket: Socket, answer: IncomingMessage, fields: readonly string[]): void {
  let text = `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage ?? ""}\r\n`;
  for (let i = 0; i < fields.length; i += 2) text += `${fields[i]}: ${fields[i + 1]}\r\n`;
  // Node hands header values over as latin1.
  socket.write(`${text}\r\n`, "latin1");
}

/** Joins two sockets until both ends are done; `pipe` keeps the slower one's pace and passes a half-close on. */
function join(a: Socket, b: Socket, idle: number): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.setNoDelay(true);
    from.setTimeout(idle, () => {
      // Bytes in the other direction keep the tunnel alive as well.
      if (to.destroyed || Date.now() - Math.max(last.get(from) ?? 0, last.get(to) ?? 0) >= idle - 50) {
        from.destroy();
        to.destroy();
      }
    });
    from.on("data", () => last.set(from, Date.now()));
    from.on("error", () => to.destroy());
    from.once("close", () => to.destroySoon());
    from.pipe(to);
  }
}
const last = new WeakMap<Socket, number>();
