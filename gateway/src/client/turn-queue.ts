import type { Turn } from "./turn.ts";

/** Turns that wait before reading stops. */
const most = 16;
/** Characters of their heads after which it stops, too. */
const mostSize = 32_768;

/** Turns of a connection that wait for the ones before them. */
export class TurnQueue {
  readonly #turns: Turn[] = [];
  /** Characters of the heads that wait behind another. */
  #size = 0;

  get length(): number {
    return this.#turns.length;
  }
  get first(): Turn | undefined {
    return this.#turns[0];
  }
  get last(): Turn | undefined {
    return this.#turns.at(-1);
  }
  /** Whether no more should be read. */
  get full(): boolean {
    return this.#turns.length >= most || this.#size >= mostSize;
  }
  /** Whether it is worth reading on. */
  get hasRoom(): boolean {
    return this.#turns.length <= most >> 1 && this.#size < mostSize >> 1;
  }

  /** @param waits whether something is before it. */
  push(turn: Turn, waits: boolean): void {
    if (waits) this.#size += sizeOf(turn);
    this.#turns.push(turn);
  }

  /** Takes the first. */
  shift(): Turn | undefined {
    const turn = this.#turns.shift();
    this.#size = this.#turns.length === 0 || turn === undefined ? 0 : Math.max(0, this.#size - sizeOf(turn));
    return turn;
  }
}

/** Characters of a request's head. */
function sizeOf({ request }: Turn): number {
  if (request === undefined) return 0;
  return request.rawHeaders.reduce((sum, { length }) => sum + length, request.url?.length ?? 0);
}
