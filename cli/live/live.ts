import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { createLogUpdate } from "log-update";
import { logWords } from "../../core/log-lines.ts";
import { drawBelow } from "../output.ts";
import { heedInterrupts } from "./interrupt.ts";
import { type Step, UnderWay } from "./under-way.ts";

/** The usual time between two drawings, milliseconds: seconds are counted. */
const tick = 500;
/** How long a step may take before anybody asks what it waits for, and between two questions, milliseconds: over SSH each is a process. */
const patience = 2_000;

/** Where a live view is drawn. */
export type Screen = Pick<NodeJS.WriteStream, "write" | "columns" | "rows" | "isTTY" | "on" | "off">;

/**
 * Whether a screen can be drawn on. Source: no-color.org; terminfo's `dumb`; `CI`, which every usual CI system sets.
 * @param env the process's environment.
 */
export const isLive = (
  screen: Pick<Screen, "isTTY">,
  env: Readonly<Record<string, string | undefined>>,
): boolean =>
  screen.isTTY === true && env.TERM !== "dumb" && !env.NO_COLOR && (!env.CI || env.CI === "false");

/** What a live view is made from. */
export interface LiveOptions {
  /** The result is for scripts. */
  readonly json?: boolean | undefined;
  /** What a step that goes on says, e.g. the last line of a container's log. */
  readonly lastWords: (step: Step) => Promise<string | undefined>;
  readonly screen?: Screen;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Shows what is under way below all that is said, until it is stopped; nothing where nothing can be drawn. Until then the process does not end at once. */
export class Live {
  /** Somebody has asked the process to end: whatever fails from then on fails for that reason. */
  get interrupted(): boolean {
    return this.ended.aborted;
  }
  readonly #ended = new AbortController();
  /** Is told when somebody asks the process to end: what is under way is then to be brought to its end. */
  readonly ended = this.#ended.signal;
  readonly #underWay = new UnderWay(Date.now(), (line) => this.words(line));
  readonly #options: LiveOptions;
  readonly #screen: Screen;
  readonly #stop: () => void;
  #words: { readonly urn: string; readonly text: string | undefined } | undefined;
  #asking = false;
  #asked = 0;
  readonly #secrets = new Set<string>();
  #stopped = false;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#screen = options.screen ?? process.stderr;
    // Also where nothing is drawn: in a CI system, or with a log.
    const heedless = heedInterrupts(
      () => this.#ended.abort(),
      () => this.stop(),
    );
    this.#stop = heedless;
    if (options.json || !isLive(this.#screen, options.env ?? process.env)) return;
    // The cursor stays: whoever is killed leaves the terminal as it was.
    const update = createLogUpdate(this.#screen as NodeJS.WriteStream, { showCursor: true });
    const draw = () => {
      const { columns = 80, rows = 24 } = this.#screen;
      const step = this.#underWay.longest();
      const words = this.#words?.urn === step?.urn ? this.#words?.text : undefined;
      update(this.#underWay.lines(Date.now(), { columns, rows }, words).join("\n"));
      if (step !== undefined) void this.#ask(step);
    };
    const undraw = drawBelow((write) => {
      update.clear();
      write();
      draw();
    });
    const timer = setInterval(draw, tick);
    this.#screen.on("resize", draw);
    draw();
    this.#stop = () => {
      heedless();
      clearInterval(timer);
      this.#screen.off("resize", draw);
      undraw();
      update.clear();
    };
  }

  /** Handler for the Automation API's `onEvent`. */
  readonly onEvent = (event: EngineEvent): void => this.#underWay.onEvent(event, Date.now());

  /** What must not be seen in what a step says. */
  hide(secrets: Iterable<string>): void {
    for (const secret of secrets) this.#secrets.add(secret);
  }

  /** What of a line of a log may be shown. */
  words(line: string): string {
    return logWords(line, this.#secrets);
  }

  /** What goes on when Pulumi has ended. */
  phase(name: string): void {
    this.#underWay.phase(name);
  }

  /** Takes the view away; what was said stays. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#stop();
  }

  /** Asks what a step waits for, one question at a time. */
  async #ask(step: Step): Promise<void> {
    const now = Date.now();
    if (this.#asking || now - Math.max(step.since, this.#asked) < patience) return;
    this.#asking = true;
    this.#asked = now;
    try {
      const said = await this.#options.lastWords(step);
      const text = said === undefined ? "" : this.words(said);
      this.#words = { urn: step.urn, text: text === "" ? undefined : text };
    } catch {
      // A container that is just being made or going has no log: the step says so.
      this.#words = undefined;
    } finally {
      this.#asking = false;
    }
  }
}
