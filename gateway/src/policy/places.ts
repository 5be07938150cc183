import { clientKey } from "../edge/rate-limit.ts";

/** A number of places, and of those that one client may have. Nobody waits for one. */
export class Places {
  readonly #max: number;
  readonly #perClient: number | undefined;
  readonly #byClient = new Map<string, number>();
  #taken = 0;

  /** @param perClient undefined for no limit. */
  constructor(max = Number.POSITIVE_INFINITY, perClient?: number) {
    this.#max = max;
    this.#perClient = perClient;
  }

  /**
   * Takes a place.
   * @param client its address; IPv6 addresses count by their /64.
   * @returns false when there is none.
   */
  take(client: string): boolean {
    if (this.#taken >= this.#max) return false;
    if (this.#perClient !== undefined) {
      const key = clientKey(client);
      const count = this.#byClient.get(key) ?? 0;
      if (count >= this.#perClient) return false;
      this.#byClient.set(key, count + 1);
    }
    this.#taken++;
    return true;
  }

  /** Gives a place back that {@link take} gave to this client. */
  free(client: string): void {
    this.#taken--;
    if (this.#perClient === undefined) return;
    const key = clientKey(client);
    const count = this.#byClient.get(key) ?? 0;
    if (count > 1) this.#byClient.set(key, count - 1);
    else this.#byClient.delete(key);
  }
}
