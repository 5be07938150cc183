import { styleText } from "node:util";
import type { LogLevel } from "../../core/log-levels.ts";
import type { Told } from "../../infra/operate/logs/history.ts";

type Style = Parameters<typeof styleText>[0];

/** How records are shown. */
export interface Look {
  readonly colours: boolean;
  /** How wide the names of logs are; 0 leaves them out, where there is one log alone. */
  readonly width: number;
  /** Whose day it is, milliseconds since 1970: of another day the date is shown, too. */
  readonly today: number;
}

/** Colours of names, one after the other. */
const palette: readonly Style[] = [
  "cyan",
  "green",
  "magenta",
  "blue",
  "yellow",
  "cyanBright",
  "greenBright",
  "magentaBright",
  "blueBright",
];
const ofLevels: Readonly<Record<LogLevel, Style>> = {
  debug: "gray",
  info: "green",
  warn: "yellow",
  error: "red",
  fatal: ["red", "bold"],
};

/** Whether a stream is a terminal that takes colours. Source: no-color.org; terminfo's `dumb`. */
export const takesColours = (
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): boolean => stream.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb";

/** Shows records to a person. */
export class LogView {
  readonly #look: Look;
  readonly #styles = new Map<string, Style>();

  constructor(look: Look) {
    this.#look = look;
  }

  /** The lines of a record, each with whose it is in front. */
  lines({ source, time, level, text, more, ids, continues }: Told): string {
    const name = this.#name(source.label);
    const id = ids?.[0] === undefined ? "" : this.#styled("gray", ` id=${ids[0]}`);
    const at = this.#time(time);
    const blank = " ".repeat(at.length + 1);
    const rest = more.map((line) => `${blank}${name}      ${line}`.trimEnd());
    if (continues) return [`${blank}${name}      ${text}`.trimEnd(), ...rest].join("\n");
    const word = (level ?? "").toUpperCase().padEnd(5);
    const told = level === undefined ? word : this.#styled(ofLevels[level], word);
    return [`${this.#styled("gray", at)} ${name}${told} ${text}${id}`.trimEnd(), ...rest].join("\n");
  }

  #name(label: string): string {
    const { width } = this.#look;
    if (width === 0) return "";
    let style = this.#styles.get(label);
    if (style === undefined) {
      style = palette[this.#styles.size % palette.length] as Style;
      this.#styles.set(label, style);
    }
    return `${this.#styled(style, label.padEnd(width))} `;
  }

  #styled(style: Style, text: string): string {
    return this.#look.colours ? styleText(style, text, { validateStream: false }) : text;
  }

  /** As a clock on the wall shows it here. */
  #time(time: number): string {
    const date = new Date(time);
    const two = (value: number): string => String(value).padStart(2, "0");
    const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`;
    if (date.toDateString() === new Date(this.#look.today).toDateString()) return clock;
    return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock}`;
  }
}

/** A record as one line of JSON, for scripts. */
export function jsonLine({ source, time, level, text, more, ids, trace, lines }: Told): string {
  return JSON.stringify({
    time: new Date(time).toISOString(),
    part: source.part,
    ...(source.label !== source.part && { member: source.label }),
    ...(level !== undefined && { level }),
    text: [text, ...more].join("\n"),
    ...(ids?.[0] !== undefined && { requestId: ids[0] }),
    ...(trace !== undefined && { trace }),
    lines,
  });
}
