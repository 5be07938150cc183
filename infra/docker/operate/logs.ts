import type { Readable } from "node:stream";
import type Docker from "dockerode";
import type { LogLine } from "../../../core/log-records.ts";
import { StampedLines } from "../../operate/logs/lines.ts";
import type { LogPlace, LogSource, ReadOptions } from "../../operate/logs/place.ts";
import { stackLabel } from "../labels.ts";
import { containersOf } from "./engine.ts";

/** After this time the containers are listed again though no event has come, milliseconds: the engine may have been started anew. */
const usualWait = 10_000;

/** The logs of a stack's containers. */
export class EngineLogs implements LogPlace {
  readonly #engine: Docker;
  readonly #prefix: string;
  /** How often each container has begun or ended. */
  readonly #lives = new Map<string, number>();
  #events: Readable | undefined;
  /** How often the engine's events were lost: any container may have ended since. */
  #lost = 0;
  /** How much was heard of, in all and before the last list. */
  #heard = 0;
  #listed = 0;
  #wake: () => void = () => {};

  /** @param prefix what the stack is called on the engine. */
  constructor(engine: Docker, prefix: string) {
    this.#engine = engine;
    this.#prefix = prefix;
  }

  async sources(): Promise<readonly LogSource[]> {
    this.#listed = this.#heard;
    const all = await containersOf(this.#engine, this.#prefix);
    return all.map(({ id, name, container, state }) => ({
      id,
      part: name,
      label: name,
      aliases: container === name ? [] : [container],
      runs: state === "running",
      life: `${this.#lost}-${this.#lives.get(id) ?? 0}`,
      lines: (options) => linesOf(this.#engine, id, options),
    }));
  }

  async change(signal: AbortSignal): Promise<void> {
    // What happened before somebody listened is looked for at once.
    if (this.#events === undefined) return this.#listen(signal);
    if (this.#heard !== this.#listed || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const timer = setTimeout(wake, usualWait);
      signal.addEventListener("abort", wake);
      this.#wake = wake;
    });
  }

  #news(): void {
    this.#heard++;
    this.#wake();
  }

  async #listen(signal: AbortSignal): Promise<void> {
    const filters = { type: ["container" as const], label: [`${stackLabel}=${this.#prefix}`] };
    const options = { filters, abortSignal: signal };
    const events = (await this.#engine.getEvents(options)) as Readable;
    this.#events = events;
    let rest = "";
    events.setEncoding("utf8");
    events.on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#note(line);
    });
    const lost = () => {
      if (this.#events !== events) return;
      this.#events = undefined;
      this.#lost++;
      this.#news();
    };
    events.once("close", lost).once("end", lost).once("error", lost);
  }

  /** Probes run inside containers all the time, and are no news. */
  #note(line: string): void {
    try {
      const { Action, Actor, id } = JSON.parse(line) as {
        Action?: string;
        Actor?: { ID?: string };
        id?: string;
      };
      const container = Actor?.ID ?? id;
      if (container === undefined || /^(?:exec|health|top|stats)/.test(Action ?? "")) return;
      this.#lives.set(container, (this.#lives.get(container) ?? 0) + 1);
      this.#news();
    } catch {
      // An engine's blank line.
    }
  }
}

/** The lines of one container's log. */
async function* linesOf(engine: Docker, id: string, options: ReadOptions): AsyncGenerator<LogLine> {
  let stream: Readable;
  try {
    stream = await open(engine, id, options);
  } catch (error) {
    // It has gone, or is going.
    if (/^(?:404|409)$/.test(String((error as { statusCode?: number }).statusCode))) return;
    throw error;
  }
  const lines = { 1: new StampedLines(), 2: new StampedLines() };
  try {
    for await (const { output, text, goesOn } of framesOf(stream)) yield* lines[output].push(text, goesOn);
    yield* lines[1].end();
    yield* lines[2].end();
  } finally {
    stream.destroy();
  }
}

/** dockerode reads what is not followed into memory as a whole. */
async function open(
  engine: Docker,
  id: string,
  { since, tail, follow, signal }: ReadOptions,
): Promise<Readable> {
  return new Promise((resolve, reject) =>
    engine.modem.dial(
      {
        path: `/containers/${id}/logs?`,
        method: "GET",
        abortSignal: signal,
        isStream: true,
        statusCodes: { 200: true, 404: "no such container", 409: "it is going", 500: "server error" },
        options: {
          stdout: true,
          stderr: true,
          timestamps: true,
          follow,
          // A whole millisecond before, since a number of the engine's is no number of ours.
          ...(since !== undefined && { since: (Math.floor(since) / 1000).toFixed(3) }),
          ...(tail !== undefined && { tail }),
        },
      },
      (error: Error | null, stream: unknown) => (error ? reject(error) : resolve(stream as Readable)),
    ),
  );
}

interface Frame {
  readonly output: 1 | 2;
  readonly text: string;
  /** The frame before, of the same output, did not end its line: an engine parts a long one. */
  readonly goesOn: boolean;
}

/** The frames of a log of a container without a terminal. Source: Docker Engine API, "Attach to a container", stream format. */
async function* framesOf(stream: Readable): AsyncGenerator<Frame> {
  let rest: Buffer = Buffer.alloc(0);
  const open = { 1: false, 2: false };
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (rest.length - at >= 8) {
      const length = rest.readUInt32BE(at + 4);
      if (rest.length - at - 8 < length) break;
      const output = rest[at] === 2 ? 2 : 1;
      const text = rest.toString("utf8", at + 8, at + 8 + length);
      yield { output, text, goesOn: open[output] };
      open[output] = !text.endsWith("\n");
      at += 8 + length;
    }
    rest = rest.subarray(at);
  }
}
