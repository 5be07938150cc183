import { connect, type Socket } from "node:net";
import { bodies } from "../contenders.ts";

/** A request that is not answered, whole and right, in this time after it was due counts as lost. */
export const limitMs = 5_000;
const body = bodies.small.toString("latin1");

/** What one flow saw in one phase; milliseconds, a lost request counts as `limitMs`. */
export interface Seen {
  readonly sent: number;
  readonly lost: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** One request, from when it was due. */
interface Due {
  readonly phase: string;
  readonly at: number;
}

interface Line {
  socket: Socket;
  ready: boolean;
  text: string;
  due: Due | undefined;
}

/** What a flow asks, and how often. */
export interface Asks {
  readonly port: number;
  readonly path: string;
  readonly perSecond: number;
  readonly connections: number;
}

/** Requests at a fixed rate over so many kept connections, or with none, each over a new one. */
export class Flow {
  readonly #options: Asks;
  readonly #lines = new Set<Line>();
  readonly #queue: Due[] = [];
  readonly #times = new Map<string, { lost: number; ms: number[] }>();
  #phase: string | undefined;
  #nextAt = 0;

  constructor(options: Asks) {
    this.#options = options;
    for (let i = 0; i < options.connections; i++) this.#open(undefined);
  }

  get waiting(): number {
    return this.#queue.length + [...this.#lines].filter(({ due }) => due !== undefined).length;
  }

  phase(name: string, now: number): void {
    if (this.#phase === undefined) this.#nextAt = now;
    this.#phase = name;
    this.#times.set(name, { lost: 0, ms: [] });
  }

  stop(): void {
    this.#phase = undefined;
  }

  /** To be called each millisecond: what is due begins now, what took too long is lost. */
  tick(now: number): void {
    for (; this.#phase !== undefined && this.#nextAt <= now; this.#nextAt += 1000 / this.#options.perSecond) {
      // The client's own delay is not the proxy's: from here, not from #nextAt. No answer can hold up this loop.
      const due = { phase: this.#phase, at: now };
      if (this.#options.connections === 0) this.#open(due);
      else this.#queue.push(due);
    }
    while ((this.#queue[0]?.at ?? now) < now - limitMs) this.#lose(this.#queue.shift() as Due);
    for (const line of this.#lines) if ((line.due?.at ?? now) < now - limitMs) line.socket.destroy();
    this.#send();
  }

  seen(phase: string): Seen {
    const { lost, ms } = this.#times.get(phase) ?? { lost: 0, ms: [] };
    const sorted = ms.sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
    return { sent: sorted.length, lost, p50: at(0.5), p99: at(0.99), max: at(1) };
  }

  #send(): void {
    for (const line of this.#lines) {
      if (this.#queue.length === 0) return;
      if (line.ready && line.due === undefined) this.#ask(line, this.#queue.shift() as Due, "");
    }
  }

  #ask(line: Line, due: Due, fields: string): void {
    line.due = due;
    line.text = "";
    line.socket.write(`GET ${this.#options.path} HTTP/1.1\r\nHost: gateway\r\n${fields}\r\n`);
  }

  /** A kept connection, or a new one for this request. */
  #open(due: Due | undefined): void {
    const socket = connect({ port: this.#options.port, host: "127.0.0.1", noDelay: true });
    const line: Line = { socket, ready: false, text: "", due };
    this.#lines.add(line);
    socket.setEncoding("latin1");
    socket.on("error", () => {});
    socket.on("connect", () => {
      line.ready = true;
      if (due !== undefined) this.#ask(line, due, "Connection: close\r\n");
      else this.#send();
    });
    socket.on("data", (text: string) => this.#read(line, text));
    socket.on("end", () => socket.destroy());
    socket.on("close", () => {
      this.#lines.delete(line);
      if (line.due !== undefined) this.#lose(line.due);
      // The pause keeps a proxy that is down from being asked all the time.
      if (due === undefined) setTimeout(() => this.#open(undefined), line.ready ? 0 : 50);
    });
  }

  #read(line: Line, text: string): void {
    line.text += text;
    const end = line.text.indexOf("\r\n\r\n") + 4;
    if (end < 4 || line.text.length < end + body.length) return;
    const { due } = line;
    // An answer without a request, or another one than was asked for.
    if (due === undefined || !line.text.startsWith("HTTP/1.1 200 ") || line.text.slice(end) !== body)
      return void line.socket.destroy();
    line.due = undefined;
    this.#times.get(due.phase)?.ms.push(performance.now() - due.at);
    if (this.#options.connections === 0) line.socket.end();
    else this.#send();
  }

  #lose({ phase }: Due): void {
    const times = this.#times.get(phase);
    if (times === undefined) return;
    times.lost++;
    times.ms.push(limitMs);
  }
}
