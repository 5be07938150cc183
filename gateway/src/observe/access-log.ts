/** What is logged of one request; times in milliseconds, sizes in bytes. */
export interface AccessRecord {
  readonly id: string;
  readonly method: string;
  readonly target: string;
  readonly status: number;
  readonly ms: number;
  readonly bytesOut: number;
  readonly route: string | undefined;
  readonly client: string;
  readonly upgrade?: boolean;
}

const flushBytes = 16_384;
const flushMs = 200;

/** Values of the query that let somebody in; messaging takes its token there (contracts P16). */
const secretParameter = /((?:^|&)[^=&]*(?:token|authorization|password|secret|code)[^=&]*=)[^&]*/gi;

/** A query with the values of secret parameters taken out. An escaped name is decoded before it is compared. */
export function redactQuery(query: string): string {
  return query
    .split("&")
    .map((pair) => {
      const name = pair.split("=", 1)[0] ?? "";
      let decoded = name;
      try {
        decoded = decodeURIComponent(name);
      } catch {
        // Not an escape: compared as it stands.
      }
      return `${decoded}=`.replace(secretParameter, "") === "" && decoded !== "" ? `${name}=REDACTED` : pair;
    })
    .join("&");
}

/** Writes one JSON line per event, gathered so that a busy gateway does not make a system call per request. */
export class Log {
  #pending = "";
  #timer: NodeJS.Timeout | undefined;
  readonly #write: (text: string) => void;

  constructor(write: (text: string) => void = (text) => process.stdout.write(text)) {
    this.#write = write;
  }

  /** Logs a request. JSON escaping keeps whatever bytes it carried on one line. */
  access(record: AccessRecord): void {
    const { target, ...rest } = record;
    const mark = target.indexOf("?");
    this.event("request", {
      ...rest,
      path: mark < 0 ? target : target.slice(0, mark),
      ...(mark >= 0 && { query: redactQuery(target.slice(mark + 1)) }),
    });
  }

  /** Logs anything else. */
  event(event: string, fields: object = {}): void {
    this.#pending += `${JSON.stringify({ time: new Date().toISOString(), event, ...fields })}\n`;
    if (this.#pending.length >= flushBytes) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), flushMs).unref();
  }

  /** Writes what is gathered. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending === "") return;
    const text = this.#pending;
    this.#pending = "";
    this.#write(text);
  }
}
