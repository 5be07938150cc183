/** Bytes of a response head at most. */
const most = 65_536;
const headEnd = Buffer.from("\r\n\r\n", "latin1");
const protocol = "HTTP/1.";

/** What a read brought of a response head. */
export type HeadRead =
  | { readonly text: string; readonly next: number }
  /** More must come. */
  | "unfinished"
  /** It is none, or too long. */
  | "bad";

/** Gathers a response head that comes in pieces; usually it comes in one, and nothing is copied. */
export class HeadText {
  /** What earlier reads brought. */
  #before: Buffer | undefined;
  #length = 0;

  /**
   * Reads on.
   * @returns the lines of the head without the empty one, as latin1, and where in `buffer` the head ended.
   */
  read(buffer: Buffer, start: number, end: number): HeadRead {
    if (this.#before === undefined) {
      // Beyond `end` the buffer holds bytes of earlier reads.
      const at = buffer.indexOf(headEnd, start);
      if (at >= 0 && at + 4 <= end && at - start <= most)
        return { text: buffer.toString("latin1", start, at + 2), next: at + 4 };
      if (!isPlausible(buffer, start, end) || end - start > most) return "bad";
      this.#before = Buffer.allocUnsafe(most + 4);
    }
    const before = this.#before;
    const had = this.#length;
    const taken = buffer.copy(before, had, start, Math.min(end, start + before.length - had));
    this.#length = had + taken;
    // The end may lie across two reads; what was searched before is not searched again.
    const at = before.subarray(0, this.#length).indexOf(headEnd, Math.max(0, had - 3));
    if (at >= 0) {
      this.#before = undefined;
      this.#length = 0;
      return { text: before.toString("latin1", 0, at + 2), next: start + at + 4 - had };
    }
    if (this.#length > most || !isPlausible(before, 0, this.#length)) return "bad";
    return "unfinished";
  }
}

/** Whether an answer can begin so. A bare LF would be waited on for ever. */
function isPlausible(bytes: Buffer, start: number, end: number): boolean {
  const text = bytes.toString("latin1", start, Math.min(end, start + protocol.length));
  if (!text.startsWith(protocol) && !protocol.startsWith(text)) return false;
  for (
    let at = bytes.indexOf(10, start);
    at >= 0 && at < Math.min(end, start + 4_096);
    at = bytes.indexOf(10, at + 1)
  )
    if (at === start || bytes[at - 1] !== 13) return false;
  return true;
}
