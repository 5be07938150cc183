/** Which brokers shall hold a partition. */
export interface PlacementArgs {
  /** Where its copies are, the preferred leader first. */
  readonly replicas: readonly number[];
  /** Brokers that may hold one. */
  readonly brokers: readonly number[];
  readonly copies: number;
  /** Which partition of how many it is: one after the other begins with another broker. */
  readonly turn: number;
}

/**
 * The brokers that shall hold a partition; undefined when they do. Those that hold it and may stay come first, in their order:
 * a new preferred leader would take over some minutes later, and consumers that do not come back from that would be lost.
 */
export function placementOf({ replicas, brokers, copies, turn }: PlacementArgs): number[] | undefined {
  const wanted = Math.min(copies, brokers.length);
  const staying = replicas.filter((broker) => brokers.includes(broker)).slice(0, wanted);
  const others = brokers.filter((broker) => !staying.includes(broker));
  const first = others.length === 0 ? 0 : turn % others.length;
  const joining = [...others.slice(first), ...others.slice(0, first)].slice(0, wanted - staying.length);
  const placed = [...staying, ...joining];
  return placed.length === replicas.length && joining.length === 0 ? undefined : placed;
}
