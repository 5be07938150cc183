import type { Workload } from "../../core/workload.ts";

/** A stack's own change of a workload: the broker has other memory. */
export default (workload: Workload): Workload =>
  workload.name === "kafka-b" ? { ...workload, memoryMiB: 900 } : workload;
