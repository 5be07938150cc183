import { connect, type Socket } from "node:net";
import { type Message, type Reading, readResponses, statusOf } from "../../support/strict.ts";

/** How a client reads. */
export interface Pace {
  /** Milliseconds before it reads anything. */
  readonly late: number;
  /** Milliseconds of rest after a read, and how many of them. */
  readonly rest: number;
  readonly rests: number;
}

/** A client's connection that reads answers as they come and notes when each was complete. */
export class Line {
  readonly socket: Socket;
  /** Final answers in order. */
  readonly answers: Message[] = [];
  readonly times: number[] = [];
  /** Interim answers, each with the number of final ones before it. */
  readonly interims: { readonly before: number; readonly message: Message }[] = [];
  /** Bytes after a 101. */
  readonly raw: Buffer[] = [];
  switched = false;
  /** The gateway has sent its last byte. */
  ended = false;
  closed = false;
  error: string | undefined;
  /** What goes wrong in the bytes, or the answer that has begun. */
  reading: Reading = { messages: [], rest: Buffer.alloc(0) };
  /** Bytes received. */
  size = 0;
  readonly #methods: readonly string[];
  #pending: Buffer[] = [];
  #pendingSize = 0;
  /** Bytes below which the answer that has begun cannot be complete. */
  #wanted = 0;
  #rests: number;
  /** The gateway has ended it in good order: a reset, or the client's own leaving, delimits nothing. */
  #delimited = false;

  constructor(port: number, methods: readonly string[], pace: Pace) {
    this.#methods = methods;
    this.#rests = pace.rests;
    const socket = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
    this.socket = socket;
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.error = error.code ?? error.message;
    });
    socket.on("data", (chunk: Buffer) => {
      this.#onData(chunk);
      if (this.#rests > 0) {
        this.#rests--;
        socket.pause();
        setTimeout(() => socket.resume(), pace.rest);
      }
    });
    socket.on("end", () => {
      this.#delimited = true;
      this.#over();
    });
    socket.on("close", () => {
      this.closed = true;
      this.#over();
    });
    if (pace.late > 0) {
      socket.pause();
      setTimeout(() => socket.resume(), pace.late);
    }
  }

  /** The connection has ended; in good order, that ends a body without a length. */
  #over(): void {
    if (this.ended) return;
    this.ended = true;
    this.#read();
  }

  #onData(chunk: Buffer): void {
    this.size += chunk.length;
    if (this.switched) return void this.raw.push(chunk);
    this.#pending.push(chunk);
    this.#pendingSize += chunk.length;
    if (this.#pendingSize >= this.#wanted) this.#read();
  }

  #read(): void {
    if (this.switched || this.reading.error !== undefined) return;
    const bytes = Buffer.concat(this.#pending);
    const reading = readResponses(bytes, this.#methods.slice(this.answers.length), this.#delimited);
    this.reading = reading;
    for (const message of reading.messages) {
      const status = statusOf(message);
      if (status < 200 && status !== 101) {
        this.interims.push({ before: this.answers.length, message });
        continue;
      }
      this.answers.push(message);
      this.times.push(performance.now());
      this.switched = status === 101;
    }
    this.#pending = [reading.rest];
    this.#pendingSize = reading.rest.length;
    if (this.switched) this.raw.push(reading.rest);
    const { partial } = reading;
    const length = partial?.fields.find(([name]) => name.toLowerCase() === "content-length")?.[1];
    const left = partial?.framing === "length" ? Number(length) - partial.body.length : 0;
    this.#wanted = this.#pendingSize + Math.max(1, left);
  }
}
