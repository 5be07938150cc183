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
      /** Whether what runs things there sees that a one-shot has ended well; else it is told by a health check. */
      readonly judgesExit: boolean;
    }
  | {
      readonly kind: "cluster";
      /** The namespace; it stays. */
      readonly id: string;
      readonly memberHost: MemberHost;
    };
