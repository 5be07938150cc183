import { connect, type Socket } from "node:net";
import { type Message, type Reading, readResponses } from "./strict.ts";

/** How a raw exchange ended. */
export interface Received {
  readonly bytes: Buffer;
  readonly text: string;
  /** The gateway ended the connection. */
  readonly closed: boolean;
  readonly reading: Reading;
  readonly answers: readonly Message[];
}

/** A raw connection to the gateway that keeps every byte it receives. */
export class Client {
  readonly socket: Socket;
  bytes: Buffer = Buffer.alloc(0);
  closed = false;
  /** Methods of the requests sent, for reading the answers. */
  methods: readonly string[] = [];
  #changed: (() => void)[] = [];

  /** @param options `from`: the address it comes from. */
  constructor(
    port: number,
    options: { readonly allowHalfOpen?: boolean; readonly paused?: boolean; readonly from?: string } = {},
  ) {
    this.socket = connect({
      port,
      host: "127.0.0.1",
      noDelay: true,
      allowHalfOpen: options.allowHalfOpen ?? false,
      ...(options.from !== undefined && { localAddress: options.from }),
    });
    this.socket.on("error", () => {});
    const over = () => {
      this.closed = true;
      this.#wake();
    };
    this.socket.on("end", over).on("close", over);
    if (options.paused === true) this.socket.pause();
    else
      this.socket.on("data", (chunk: Buffer) => {
        this.bytes = Buffer.concat([this.bytes, chunk]);
        this.#wake();
      });
  }

  #wake(): void {
    for (const wake of this.#changed.splice(0)) wake();
  }

  send(bytes: string | Buffer): this {
    this.socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
    return this;
  }

  get reading(): Reading {
    return readResponses(this.bytes, this.methods, this.closed);
  }
  get answers(): readonly Message[] {
    return this.reading.messages;
  }
  get text(): string {
    return this.bytes.toString("latin1");
  }

  /** Waits until `ready` holds or the time is over, and says which. */
  async until(ready: () => boolean, ms = 8_000): Promise<boolean> {
    const end = Date.now() + ms;
    while (!ready()) {
      const left = end - Date.now();
      if (left <= 0) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 25));
        this.#changed.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    return true;
  }

  /** Waits for the end of the connection, or for `count` answers and a quiet moment in which nothing else may come. */
  async settle(count = 1, ms = 8_000, quietMs = 80): Promise<Received> {
    const finals = () => this.answers.filter(({ startLine }) => !/ 1(?!01)\d\d/.test(startLine)).length;
    await this.until(() => this.closed || finals() >= count, ms);
    if (!this.closed) await this.until(() => this.closed, quietMs);
    return this.received;
  }

  get received(): Received {
    const { bytes, text, closed, reading } = this;
    return { bytes, text, closed, reading, answers: reading.messages };
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/** Waits until `ready` holds. @throws with `what` when the time is over. */
export async function eventually(ready: () => boolean, what: string, ms = 8_000): Promise<void> {
  const end = Date.now() + ms;
  while (!ready()) {
    if (Date.now() > end) throw new Error(`did not happen in ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
