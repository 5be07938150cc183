import type { Worker } from "node:cluster";

/**
 * Lets a worker outlive its primary: Node would exit at once with whatever is under way.
 * @param then called once the primary is gone.
 */
export function outlivePrimary(worker: Worker, then: () => void): void {
  // The worker's own event: it comes before Node looks at the flag.
  worker.once("disconnect", () => {
    worker.exitedAfterDisconnect = true;
    then();
  });
}
