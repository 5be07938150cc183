import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** What a load saw. */
export interface LoadResult {
  readonly answered: number;
  /** Failures by what they were: a status of 500 and more, or an error's code. */
  readonly failed: Readonly<Record<string, number>>;
}

const everything = ["/auth/.well-known/jwks.json", "/core/api/v1/health", "/messaging/swagger/index.html"];

/**
 * A steady load through a gateway until it is stopped: connections that are kept, fresh ones, and, unless it is told what
 * to read, a POST with a body.
 */
export class Load {
  readonly #base: string;
  readonly #done: Promise<unknown>;
  #stopped = false;
  #answered = 0;
  readonly #failed: Record<string, number> = {};

  constructor(base: string, reads?: readonly string[]) {
    this.#base = base;
    const kept = new Agent({ keepAlive: true, maxSockets: 8 });
    const fresh = new Agent({ keepAlive: false });
    const body = JSON.stringify({
      grant_type: "password",
      email: "nobody@example.org",
      password: "Wrong123",
    });
    const paths = reads ?? everything;
    const read = (round: number): string => paths[round % paths.length] ?? "/";
    this.#done = Promise.all([
      this.#run((round) => this.#ask(kept, read(round))),
      this.#run((round) => this.#ask(kept, read(round + 1))),
      this.#run((round) => this.#ask(fresh, read(round))),
      ...(reads === undefined ? [this.#run(() => this.#ask(kept, "/auth/account/token", body))] : []),
    ]).then(() => kept.destroy());
  }

  /** Ends the load. @returns what it saw. */
  async stop(): Promise<LoadResult> {
    this.#stopped = true;
    await this.#done;
    return { answered: this.#answered, failed: this.#failed };
  }

  async #run(once: (round: number) => Promise<void>): Promise<void> {
    for (let round = 0; !this.#stopped; round++) {
      await once(round);
      await sleep(15);
    }
  }

  #ask(agent: Agent, path: string, body?: string): Promise<void> {
    const fail = (reason: string): void => {
      const key = `${path} ${reason}`;
      this.#failed[key] = (this.#failed[key] ?? 0) + 1;
    };
    return new Promise((resolve) => {
      const asked = request(
        `${this.#base}${path}`,
        {
          agent,
          method: body === undefined ? "GET" : "POST",
          headers: { "content-type": "application/json" },
        },
        (answer) => {
          answer.resume();
          answer.once("end", () => {
            const status = answer.statusCode ?? 0;
            if (status >= 500 || status === 429) fail(String(status));
            else this.#answered += 1;
            resolve();
          });
          answer.once("error", (error) => {
            fail(error.message);
            resolve();
          });
        },
      );
      asked.setTimeout(15_000, () => asked.destroy(new Error("no answer in 15 s")));
      asked.once("error", (error: NodeJS.ErrnoException) => {
        fail(error.code ?? error.message);
        resolve();
      });
      asked.end(body);
    });
  }
}
