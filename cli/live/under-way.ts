import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { logWords } from "../../core/log-lines.ts";
import { isTold } from "../progress.ts";

const doing: Readonly<Record<string, string>> = {
  create: "creating",
  update: "updating",
  delete: "deleting",
  "create-replacement": "replacing",
  "delete-replaced": "removing",
};

/** A step that Pulumi has begun and not ended. */
export interface Step {
  readonly urn: string;
  /** What it is about, e.g. `container`. */
  readonly kind: string;
  readonly name: string;
  readonly since: number;
  /** What the provider said of it last. */
  readonly says?: string;
}

/** How much room there is. */
export interface Room {
  readonly columns: number;
  readonly rows: number;
}

/** What of a run is under way: events in, lines out. It draws nothing and knows no clock. */
export class UnderWay {
  readonly #begun: number;
  readonly #steps = new Map<string, Step & { readonly doing: string }>();
  #done = 0;
  /** What goes on while there is no step. */
  #phase = "Pulumi starts";
  readonly #words: (line: string) => string;

  /** @param words what may be shown of what a provider says, which may be the end of a log. */
  constructor(now: number, words: (line: string) => string = logWords) {
    this.#begun = now;
    this.#words = words;
  }

  /** Notes what Pulumi tells. */
  onEvent(event: EngineEvent, now: number): void {
    const { resourcePreEvent, resOutputsEvent, resOpFailedEvent, diagnosticEvent } = event;
    if (resourcePreEvent !== undefined) {
      const { op, urn, type } = resourcePreEvent.metadata;
      this.#phase = op === "refresh" ? "looking at what is there" : "comparing with what is there";
      const verb = doing[op];
      if (verb !== undefined && isTold(type))
        this.#steps.set(urn, { urn, kind: kindOf(type), name: nameOf(urn), since: now, doing: verb });
    }
    const ended = resOutputsEvent ?? resOpFailedEvent;
    if (ended !== undefined && this.#steps.delete(ended.metadata.urn)) this.#done++;
    const step = this.#steps.get(diagnosticEvent?.urn ?? "");
    const says = this.#words((diagnosticEvent?.message ?? "").replace(/<\{%[^%]*%\}>/g, ""));
    if (step !== undefined && says !== "" && /^info/.test(diagnosticEvent?.severity ?? ""))
      this.#steps.set(step.urn, { ...step, says });
  }

  /** What goes on while there is no step: Pulumi is not the last that is waited for. */
  phase(name: string): void {
    this.#phase = name;
  }

  /** The step that takes longest. */
  longest(): Step | undefined {
    return this.#steps.values().next().value;
  }

  /**
   * The lines for now, each no wider than there is room. Those that are left out are counted.
   * @param lastWords what the longest step waits for.
   */
  lines(now: number, { columns, rows }: Room, lastWords?: string): string[] {
    const steps = [...this.#steps.values()];
    const words = steps.length > 0 ? (lastWords ?? steps[0]?.says) : undefined;
    // A line of the total, one of those left out, one of the words; the cursor stands below them all.
    const most = Math.max(1, rows - 4);
    const shown = steps.slice(0, most);
    // The time first: a narrow terminal cuts off the end.
    const lines = shown.map(
      ({ kind, name, doing, since }) => `  … ${seconds(now - since)} ${doing} ${kind} ${name}`,
    );
    if (words !== undefined && rows > 3) lines.splice(1, 0, `      ${words}`);
    const left = steps.length - shown.length;
    const total = [
      seconds(now - this.#begun),
      `${this.#done} done`,
      ...(left > 0 ? [`${left} more under way`] : steps.length === 0 ? [this.#phase] : []),
    ].join(", ");
    return [...lines, `  ${total}`].map((line) => cut(line, columns - 1));
  }
}

const kindOf = (type: string): string => type.split(":").pop()?.toLowerCase() ?? type;
const nameOf = (urn: string): string => urn.split("::").pop() ?? urn;

function seconds(milliseconds: number): string {
  const whole = Math.max(0, Math.floor(milliseconds / 1000));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** As much as has room; counted in characters, of which wide ones are rare here and then wrapped. */
function cut(line: string, columns: number): string {
  const characters = [...line];
  return characters.length <= columns ? line : `${characters.slice(0, Math.max(0, columns - 1)).join("")}…`;
}
