import type { AlertName } from "../../../infra/observe/alerts/all.ts";
import type { Subject } from "../../../infra/observe/alerts/rule.ts";
import { type Course, growsThen, stays, thenGoes, type World } from "./world.ts";

/** What goes wrong, and what is told of it. */
export interface Scenario {
  /** Where it can be; default: wherever the alert is. */
  readonly on?: "docker" | "kubernetes";
  /** What happens, once all was well for a while. */
  readonly happens: (world: World, subject: Subject) => void;
  /** For how many steps; default: 20. Of a stack that is ten minutes old any outage uses up a budget. */
  readonly after?: number;
  /** How many steps after that it must be told. */
  readonly within: number;
  /** Seconds of a step; default: 30. */
  readonly interval?: number;
  /** Labels of the alert, without those that all alerts of a stack have. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Other alerts that tell of the same: an outage also uses up a budget. */
  readonly also?: readonly AlertName[];
}

/** What is told of some alerts. */
export type Scenarios = Readonly<Partial<Record<AlertName, readonly Scenario[]>>>;

/** A counter of what never was before. */
export const fails = (later: number): Course => growsThen(0, later);
/** A gauge that is another one at once. */
export const becomes = (before: number, after: number): Course => thenGoes(stays(before), stays(after));

/** The consumer group that scenarios are about. */
export const authGroup = { service: "auth-service", group: "auth_consumer" };
