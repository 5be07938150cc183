import type { PlatformModel } from "../../../config/define/model.ts";
import type { Settings } from "../../../config/settings/schema.ts";
import type { Select } from "../promql.ts";

/** Who is told: at once, whatever the hour; or when somebody works. */
export type Severity = "critical" | "warning";

/** A stack, as alerts and dashboards are made for it. */
export interface Subject {
  readonly platform: PlatformModel;
  readonly settings: Settings;
  readonly stack: string;
  /** Whether exporters of the stores' metrics run: only then is it a fault that nobody reads them. */
  readonly metrics: boolean;
  /** Chooses its series. */
  readonly select: Select;
}

/** One alert of a kind: what must be so for how long, and what it is then told as. */
export interface Case {
  /** In PromQL: each series that it gives is one alert. */
  readonly expr: string;
  /** How long that must last, e.g. `1m`; default: it is told at once. */
  readonly for?: string;
  /** Labels by which it is told from others of its kind. */
  readonly labels?: Readonly<Record<string, string>>;
  /** One line; `{{ $labels.topic }}` is a label's value. */
  readonly summary: string;
}

/** A kind of alert. */
export interface Alert {
  readonly severity: Severity;
  /** What it means. */
  readonly means: string;
  /** What to do, one step each, with what to type. */
  readonly steps: readonly string[];
  /** What it comes to in a stack; nothing where the stack has no such thing. */
  readonly cases: (subject: Subject) => readonly Case[];
}

/** Kinds of alerts about one subject, by name. */
export type Alerts = Readonly<Record<string, Alert>>;
