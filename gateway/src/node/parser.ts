import type { Socket } from "node:net";
import type { ClientConnection } from "../client/connection.ts";
import type { GatewayRequest } from "./request.ts";

/** llhttp's HPE_PAUSED: what a callback returns to stop it right there. */
const paused = 21;

/** The code of Node's `clientError` once the parser has stopped. */
export const pausedCode = "HPE_PAUSED";

/** Node's parser of one client socket, as far as it is used here. */
interface NodeParser {
  onIncoming(request: GatewayRequest, keepAlive: boolean): number;
  nodeOnIncoming: NodeParser["onIncoming"];
  readonly socket: ClientSocket | null;
  resume(): void;
  execute(bytes: Buffer): unknown;
}

/** A client's socket with what Node and this gateway keep at it. */
export type ClientSocket = Socket & {
  gatewayClient: ClientConnection;
  readonly parser?: NodeParser | null;
  /** Node's own mark: it has stopped reading because the client takes nothing. */
  _paused?: boolean;
};

// One function for all sockets: with ten thousand idle connections, closures of their own are memory.
function onIncoming(this: NodeParser, request: GatewayRequest, keepAlive: boolean): number {
  const verdict = this.nodeOnIncoming(request, keepAlive);
  // Beside Upgrade Node overlooks that its parser stopped; nothing is read behind such a request anyway.
  return verdict === 0 && this.socket?.gatewayClient.full === true && request.head.upgrade === undefined
    ? paused
    : verdict;
}

/**
 * Node's mark of a socket that must not be read; Node sets it when the client takes nothing as the next request comes. By
 * it Node resumes no socket at a message's end, and pauses the parser behind what it was given; and a socket that brings
 * data though it is marked ends the process. Here the connection tells, which knows all that stops its reading.
 */
const pausedMark: PropertyDescriptor & ThisType<ClientSocket> = {
  configurable: true,
  get() {
    return this.gatewayClient.reading.stopped;
  },
  set(mark: boolean) {
    if (mark) this.gatewayClient.reading.onUntaken();
  },
};

/**
 * Lets the parser of a socket stop after the request with which its connection is full. Node itself parses whatever one
 * read brought, 2,000 requests of 28 bytes and more, and goes on reading whatever `pause` says.
 */
export function stopWhenFull(socket: ClientSocket): void {
  const { parser } = socket;
  if (parser === undefined || parser === null) return;
  Object.defineProperty(socket, "_paused", pausedMark);
  // Node's own would resume a marked socket and its parser, whatever else has stopped them.
  socket.removeAllListeners("drain");
  parser.nodeOnIncoming = parser.onIncoming;
  parser.onIncoming = onIncoming;
}

function ignore(): void {}

/** What of a read the parser has left, as Node documents it for `clientError`. */
export interface Unparsed {
  readonly rawPacket?: Buffer;
  readonly bytesParsed?: number;
}

/**
 * Keeps the bytes that the parser left when it stopped, in front of those to come. From the first time on the socket is
 * read as a stream: only so can bytes be put back.
 */
export function keepUnparsed(
  socket: ClientSocket,
  { rawPacket, bytesParsed = 0 }: Unparsed,
  first: boolean,
): void {
  socket.pause();
  // Whoever listens for data takes the socket from the parser's own reading; Node's listener goes on feeding it.
  if (first) socket.on("data", ignore);
  const rest = rawPacket?.subarray(bytesParsed);
  if (rest !== undefined && rest.length > 0) socket.unshift(rest);
  // The stream believes that a read is under way, which the parser has had.
  if (first) socket.push("");
}

/** No bytes, with an address: without one the parser takes them for the end of the stream. */
const nothing = Buffer.alloc(1).subarray(0, 0);

/** Reads on; Node has paused the parser, too, where reading was stopped within what it was given. */
export function readOn(socket: ClientSocket): void {
  socket.parser?.resume();
  socket.resume();
}

/** Lets the parser go on after {@link keepUnparsed}; the socket is still paused. */
export function goOn(socket: ClientSocket): void {
  const { parser } = socket;
  parser?.resume();
  // It stopped before the end of a request that may have no more bytes: an end of the stream would find it unfinished.
  parser?.execute(nothing);
}

/** Bytes that the parser is given at once by {@link readInSlices}. */
const slice = 4_096;

/**
 * From now on the parser is given a little in each turn of the loop. Node parses whatever one event brings, up to 32 reads
 * of 64 KiB, and each chunk of a chunked body costs it a microsecond or two: with chunks of one byte nobody else is served
 * for half a second. Not to be called by what the parser itself has called.
 * @param first whether the socket is still read by the parser itself.
 * @param wait called when there may be more, which is for the next turn. @param next called in that; it resumes the socket.
 */
export function readInSlices(socket: ClientSocket, first: boolean, wait: () => void, next: () => void): void {
  const feeds = socket.listeners("data");
  socket.removeAllListeners("data");
  let planned = false;
  const turn = () => {
    planned = false;
    next();
  };
  const cut = (chunk: Buffer) => {
    socket.pause();
    if (chunk.length > slice) socket.unshift(chunk.subarray(slice));
    for (const feed of feeds) feed.call(socket, chunk.subarray(0, slice));
    // What it brings may be nobody's any more, or no HTTP.
    if (!socket.listeners("data").includes(cut)) return;
    // Only now, since Node must not be given bytes of a socket that is stopped.
    wait();
    socket.pause();
    if (!planned) setImmediate(turn);
    planned = true;
  };
  // This also takes the socket from the parser's own reading.
  socket.on("data", cut);
  if (first) socket.push("");
}

/** Leaves a socket to those who listen from now on: what it brings is no HTTP any more. */
export function leaveParser(socket: ClientSocket): void {
  socket.removeAllListeners("data");
}

function readOver(this: Socket): void {
  (this as ClientSocket).gatewayClient.onReadOver();
}

/** Parses nothing any more: what still arrives is read over, and `onReadOver` told. */
export function stopParsing(socket: ClientSocket): void {
  socket.removeAllListeners("data");
  socket.on("data", readOver);
  socket.push("");
  socket.resume();
}
