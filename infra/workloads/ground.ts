import type { MemberHost } from "../../stores/store.ts";

/**
 * What a description of a workload must know of where it will run: one machine with an engine, or a cluster. Which of the
 * programs that render it for an engine is none of its business.
 */
export type Ground =
  | {
      readonly kind: "engine";
      /** What the stack is called on the engine; it stays. */
      readonly id: string;
      /** Whether a one-shot is waited for until it has ended with 0, as Compose does. The Docker provider waits for health alone. */
      readonly waitsForExit: boolean;
    }
  | {
      readonly kind: "cluster";
      /** The namespace; it stays. */
      readonly id: string;
      readonly memberHost: MemberHost;
    };
