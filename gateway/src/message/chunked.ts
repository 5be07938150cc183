/** Takes the pieces of a decoded body; `buffer` is only valid during the call. */
export interface ChunkSink {
  onBody(buffer: Buffer, start: number, end: number): void;
}

const State = {
  size: 0,
  extension: 1,
  sizeLf: 2,
  data: 3,
  dataCr: 4,
  dataLf: 5,
  trailerStart: 6,
  trailer: 7,
  trailerLf: 8,
  endLf: 9,
  done: 10,
} as const;

/** Sizes beyond this are no sizes. */
const mostDigits = 12;
/** Bytes of chunk extensions and trailers together; both are read over and could go on for ever. */
const mostOverhead = 16_384;

/** Decodes a chunked body strictly (RFC 9112 7.1): no sign, no prefix, no bare LF. Extensions and trailers are dropped. */
export class ChunkedDecoder {
  #state: number = State.size;
  #size = 0;
  #digits = 0;
  #overhead = 0;

  /** Whether the last chunk and the trailers have been read. */
  get done(): boolean {
    return this.#state === State.done;
  }

  /**
   * Reads on.
   * @returns where it stopped: `end`, or the first byte after the body once {@link done}; -1 when it is not valid.
   */
  read(buffer: Buffer, start: number, end: number, sink: ChunkSink): number {
    let at = start;
    while (at < end && this.#state !== State.done) {
      if (this.#state === State.data) {
        const take = Math.min(this.#size, end - at);
        sink.onBody(buffer, at, at + take);
        at += take;
        this.#size -= take;
        if (this.#size === 0) this.#state = State.dataCr;
      } else if (!this.#byte(buffer[at++] as number)) return -1;
    }
    return at;
  }

  #byte(byte: number): boolean {
    switch (this.#state) {
      case State.size: {
        const digit = hexDigit(byte);
        if (digit >= 0) {
          this.#size = this.#size * 16 + digit;
          return ++this.#digits <= mostDigits;
        }
        if (this.#digits === 0) return false;
        if (byte === 0x0d) this.#state = State.sizeLf;
        else if (byte === 0x3b || byte === 0x20 || byte === 0x09) this.#state = State.extension;
        else return false;
        return true;
      }
      case State.extension:
        if (byte === 0x0d) this.#state = State.sizeLf;
        return byte === 0x0d || (isText(byte) && ++this.#overhead <= mostOverhead);
      case State.sizeLf:
        this.#state = this.#size === 0 ? State.trailerStart : State.data;
        this.#digits = 0;
        return byte === 0x0a;
      case State.dataCr:
        this.#state = State.dataLf;
        return byte === 0x0d;
      case State.dataLf:
        this.#state = State.size;
        return byte === 0x0a;
      case State.trailerStart:
        this.#state = byte === 0x0d ? State.endLf : State.trailer;
        return byte === 0x0d || (isText(byte) && ++this.#overhead <= mostOverhead);
      case State.trailer:
        if (byte === 0x0d) this.#state = State.trailerLf;
        return byte === 0x0d || (isText(byte) && ++this.#overhead <= mostOverhead);
      case State.trailerLf:
        this.#state = State.trailerStart;
        return byte === 0x0a;
      case State.endLf:
        this.#state = State.done;
        return byte === 0x0a;
      default:
        return false;
    }
  }
}

const isText = (byte: number): boolean => byte === 0x09 || (byte >= 0x20 && byte !== 0x7f);

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
