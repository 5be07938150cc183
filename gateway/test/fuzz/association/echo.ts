import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { pause } from "../../support/client.ts";
import { type Message, readRequests, values } from "../../support/strict.ts";
import { show } from "../../support/upstream.ts";
import { answer } from "./answer.ts";
import { bodyOf, digest, type Plan } from "./plan.ts";
import { queue } from "./routes.ts";
import type { Tunnel } from "./tunnel.ts";
import type { World } from "./world.ts";

/** What an upstream knows of one connection. */
interface Peer {
  readonly socket: Socket;
  rest: Buffer;
  /** The request that is being answered. */
  current: Plan | undefined;
  served: number;
  /** The request that was answered before its body had come. */
  early: string | undefined;
  tunnel: Tunnel | undefined;
}

/** An upstream that answers each request with what it got, and tells of every request that it should not have got. */
export class Echo {
  readonly name: string;
  port = 0;
  /** Most requests at once. */
  peak = 0;
  readonly #world: World;
  readonly #peers = new Set<Peer>();
  #server: Server | undefined;

  constructor(name: string, world: World) {
    this.name = name;
    this.#world = world;
  }

  async listen(): Promise<this> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
    // The port was free for a moment, and other programs take ports, too.
    for (let tries = 1; ; tries++)
      try {
        server.listen(this.port, "127.0.0.1");
        await once(server, "listening");
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE" || tries === 200) throw error;
        await pause(25);
      }
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    return this;
  }

  /** Dies as a process does: nothing listens any more and every connection is reset. */
  async close(): Promise<void> {
    for (const { socket } of this.#peers) socket.resetAndDestroy();
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    server.close();
    await once(server, "close");
  }

  #accept(socket: Socket): void {
    const peer: Peer = {
      socket,
      rest: Buffer.alloc(0),
      current: undefined,
      served: 0,
      early: undefined,
      tunnel: undefined,
    };
    this.#peers.add(peer);
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => this.#onData(peer, chunk));
    socket.on("end", () => (peer.tunnel === undefined ? socket.end() : peer.tunnel.onClientEnd()));
    socket.on("close", () => {
      this.#peers.delete(peer);
      peer.tunnel?.onUpstreamClosed();
      this.#judgeRest(peer);
    });
  }

  #onData(peer: Peer, chunk: Buffer): void {
    if (peer.tunnel !== undefined) return peer.tunnel.onClientBytes(chunk);
    peer.rest = peer.rest.length === 0 ? chunk : Buffer.concat([peer.rest, chunk]);
    const { messages, rest, error, partial } = readRequests(peer.rest);
    peer.rest = rest;
    for (const message of messages) this.#onRequest(peer, message);
    if (error !== undefined) this.#tell("not HTTP at an upstream", undefined, `${error}: ${show(rest)}`);
    if (partial !== undefined && error === undefined) {
      const plan = this.#planOf(partial);
      if (plan?.act.how !== "early" || peer.early === plan.id || peer.current !== undefined) return;
      peer.early = plan.id;
      void this.#answer(peer, plan, "early");
    }
  }

  #onRequest(peer: Peer, message: Message): void {
    const world = this.#world;
    const plan = this.#planOf(message);
    if (plan === undefined) return this.#tell("a request that nobody sent", undefined, shown(message));
    plan.seen++;
    const wrong = this.#wrong(plan, message);
    if (wrong !== undefined) this.#tell(wrong, plan, shown(message));
    if (peer.early === plan.id) return;
    if (peer.current !== undefined)
      this.#tell(
        "two requests at once on a connection",
        plan,
        `${shown(message)}\n  while ${peer.current.id} waits`,
      );
    // It came as the connection was being closed: nobody can answer it.
    if (peer.socket.writableEnded) return;
    if (plan.act.dropsKept && peer.served > 0) return void peer.socket.destroy();
    if (plan.route === "rate") world.rated++;
    const tunnel = world.tunnels.get(plan.id);
    if (tunnel !== undefined && plan.act.how === "tunnel" && values(message, "upgrade").length > 0) {
      peer.tunnel = tunnel;
      const early = peer.rest;
      peer.rest = Buffer.alloc(0);
      return tunnel.accept(peer.socket, values(message, "sec-websocket-key")[0] ?? "", early);
    }
    void this.#answer(peer, plan, plan.act.how === "early" ? "early" : digest(message.body));
  }

  async #answer(peer: Peer, plan: Plan, got: string): Promise<void> {
    peer.current = plan;
    peer.served++;
    const busy = [...this.#peers].filter(({ current }) => current !== undefined);
    this.peak = Math.max(this.peak, busy.length);
    if (this.name === "queue" && busy.length > queue.max) this.#judgePlaces(plan, busy);
    await answer(peer.socket, plan, got, () => {
      peer.current = undefined;
    });
    if (plan.act.how === "unannounced")
      setTimeout(() => peer.current === undefined && peer.socket.end(), plan.act.delay);
  }

  /** A request that the gateway has given up leaves its place there a moment before its connection ends here. */
  #judgePlaces(plan: Plan, busy: readonly Peer[]): void {
    const before = busy.map(({ current }) => current);
    setTimeout(() => {
      const still = busy.filter(({ current, socket }, i) => current === before[i] && !socket.destroyed);
      if (still.length > queue.max)
        this.#tell("more at once than the route allows", plan, `${still.length} of ${queue.max}`);
    }, 150);
  }

  #planOf({ startLine }: Pick<Message, "startLine">): Plan | undefined {
    const path = startLine.split(" ")[1]?.split("?", 1)[0] ?? "";
    return this.#world.plans.get(path.slice(path.lastIndexOf("/") + 1));
  }

  #wrong(plan: Plan, message: Message): string | undefined {
    const line = `${plan.method} ${plan.arrives} HTTP/1.1`;
    if (plan.arrives === undefined) return "a request that must not arrive";
    if (!plan.upstream.split(" ").includes(this.name)) return "a request at another upstream";
    if (plan.seen > plan.repeats) return "a request that arrived twice";
    if (message.startLine !== line) return "another request line";
    if (values(message, "x-id").join() !== plan.id) return "fields of another request";
    if (values(message, "x-request-id").join() !== plan.id) return "the request id of another request";
    if (!message.body.equals(bodyOf(plan))) return "the body of another request";
    return undefined;
  }

  /** What is left when a connection ends: the beginning of a request that was broken off. */
  #judgeRest({ rest, early }: Peer): void {
    if (rest.length === 0) return;
    const { partial } = readRequests(rest);
    const plan = partial && this.#planOf(partial);
    if (partial === undefined) return;
    if (plan === undefined) return this.#tell("a request that nobody sent", undefined, show(rest));
    if (plan.id === early || plan.raw !== undefined) return;
    if (!bodyOf(plan).subarray(0, partial.body.length).equals(partial.body))
      this.#tell("a broken body of another request", plan, show(partial.body));
  }

  #tell(kind: string, plan: Plan | undefined, text: string): void {
    this.#world.report(
      kind,
      plan?.seed ?? 0,
      `${this.name}: ${text}${plan === undefined ? "" : `\n  of ${JSON.stringify(plan)}`}`,
    );
  }
}

const shown = ({ startLine, fields, body }: Message): string =>
  `${startLine} ${JSON.stringify(fields)} ${show(body.subarray(0, 80))}`;
