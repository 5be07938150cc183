import type { ClientSocket } from "../node/parser.ts";

// One function for all sockets: with ten thousand idle connections, closures of their own are memory.
function onDrain(this: ClientSocket): void {
  this.gatewayClient.onDrain();
}
function onFinish(this: ClientSocket): void {
  this.gatewayClient.onAllSent();
}
function onEnd(this: ClientSocket): void {
  this.gatewayClient.onClientEnd();
}
function onClose(this: ClientSocket): void {
  this.gatewayClient.onSocketClosed();
}
function onError(): void {
  // "close" follows, and tells all that matters.
}

/** Hands a socket's events to its connection. */
export function listenTo(socket: ClientSocket): void {
  socket.on("drain", onDrain);
  socket.on("finish", onFinish);
  socket.prependListener("end", onEnd);
  socket.on("close", onClose);
  socket.on("error", onError);
}
