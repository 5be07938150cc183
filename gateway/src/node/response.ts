import type { ServerResponse } from "node:http";

/**
 * Ends a response whose bytes were written to the socket directly: Node then takes the next pipelined one in its turn.
 * Node asserts that responses end in the order of their requests.
 */
export function releaseResponse(response: ServerResponse): void {
  response.finished = true;
  response.emit("finish");
}

/** Whether the client's version and its `Connection` let the connection live on after this response. */
export const keepsAlive = (response: ServerResponse): boolean => response.shouldKeepAlive;
