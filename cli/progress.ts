import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { say } from "./output.ts";

const verbs: Readonly<Record<string, string>> = {
  create: "created",
  update: "updated",
  delete: "deleted",
  // `replace` itself says only that the next two belong together.
  "create-replacement": "replaced",
  "delete-replaced": "removed",
};

const quiet = ["beat:", "pulumi:pulumi:", "pulumi:providers:"];

/** Whether anything is said of resources of a type: components and providers have no life of their own. */
export const isTold = (type: string): boolean => !quiet.some((prefix) => type.startsWith(prefix));

/** A message without its colours. */
const plain = (message: string): string => message.replace(/<\{%[^%]*%\}>|\x1b\[[0-9;]*m/g, "").trim();

/** What is read of an event's step. */
interface Step {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly old?: { readonly retainOnDelete?: boolean } | undefined;
}

/** Prints what Pulumi does, a line per step, to standard error; errors are gathered for the end. */
export class Progress {
  readonly errors: string[] = [];
  /** How many resources met which fate, e.g. `create`, `same`; known once the run has ended. */
  changes: Readonly<Record<string, number>> = {};
  /** The stack's outputs, known once the run has ended. */
  outputs: Readonly<Record<string, unknown>> = {};
  readonly #started = new Map<string, number>();
  readonly #write: (line: string) => void;

  constructor(write: (line: string) => void = say) {
    this.#write = write;
  }

  /** Handler for the Automation API's `onEvent`. */
  readonly onEvent = (event: EngineEvent): void => {
    const { resourcePreEvent, resOutputsEvent, resOpFailedEvent, diagnosticEvent, summaryEvent } = event;
    if (summaryEvent !== undefined) this.changes = { ...summaryEvent.resourceChanges };
    if (resourcePreEvent !== undefined) this.#started.set(resourcePreEvent.metadata.urn, Date.now());
    if (resOutputsEvent?.metadata.type === "pulumi:pulumi:Stack")
      this.outputs = resOutputsEvent.metadata.new?.outputs ?? this.outputs;
    if (resOutputsEvent !== undefined) this.#line(resOutputsEvent.metadata, "✔");
    if (resOpFailedEvent !== undefined) this.#line(resOpFailedEvent.metadata, "✘");
    // The platform's own warnings; providers have many of which nobody learns anything.
    if (diagnosticEvent?.severity === "warning" && /[:$]beat:\w+:\w+::[^:]+$/.test(diagnosticEvent.urn ?? ""))
      this.#write(`  ! ${plain(diagnosticEvent.message)}`);
    if (diagnosticEvent?.severity === "error" || diagnosticEvent?.severity === "info#err") {
      const text = plain(diagnosticEvent.message);
      if (text !== "") this.errors.push(text);
    }
  };

  #line({ op, urn, type, old }: Step, mark: string): void {
    const verb = op === "delete" && old?.retainOnDelete ? "left where it is" : verbs[op];
    if (verb === undefined || !isTold(type)) return;
    const name = urn.split("::").pop();
    const seconds = (Date.now() - (this.#started.get(urn) ?? Date.now())) / 1000;
    this.#write(
      `  ${mark} ${type.split(":").pop()?.toLowerCase()} ${name} ${mark === "✘" ? "failed" : verb} (${seconds.toFixed(1)} s)`,
    );
  }
}
