import { wordAt } from "./shell.ts";

/** The beginning of a command that works on a stack. `./beat env` and `test` print and run what is nobody's. */
const beginning =
  /\.\/beat (?:up|down|preview|doctor|status|verify|logs|top|urls|secrets|images|build-images|backup|restore|render|serve)(?![\w-])|pulumi (?:config|up|preview|refresh|destroy|cancel|stack rename)(?![\w-])/g;

/** What ends a sentence, not a command. */
const ending = /[,;:.…]+$/;

/** Options that a value follows. */
const withValue =
  /^(?:--(?:stack|store|database|from|out|tail|since|grep|level|request|url|show|rotate|set|format|type|target|config-file|cwd)|-[sontC])$/;

/**
 * A text whose commands name the stack that it is about, so that they can be typed as they stand: `./beat` takes `dev` where none is
 * named, and `pulumi` whichever was chosen last.
 */
export function onStack(text: string, stack: string): string {
  let done = "";
  let rest = text;
  for (;;) {
    beginning.lastIndex = 0;
    const found = beginning.exec(rest);
    if (found === null) return done + rest;
    const from = found.index + found[0].length;
    const { length, clear } = argumentsOf(found[0], rest.slice(from));
    const end = from + length;
    const named = clear || isDefault(found[0], stack);
    done += rest.slice(0, end) + (named ? "" : ` --stack ${stack}`);
    rest = rest.slice(end);
  }
}

/**
 * How long the arguments of a command are that begin a text, up to a `--` or to the words of the sentence around it, and whether they
 * say which stack is meant.
 */
function argumentsOf(command: string, text: string): { readonly length: number; readonly clear: boolean } {
  let length = 0;
  let clear = false;
  let option = false;
  const others: string[] = [];
  for (;;) {
    // Two blanks part a command from what is said of it.
    const found = text[length] === " " ? wordAt(text, length + 1) : "";
    const word = found.replace(ending, "");
    if (word === "" || word === "--") return { length, clear };
    if (!option && !word.startsWith("-")) {
      if (others.length >= mostOthers(command, others[0] ?? word)) return { length, clear };
      others.push(word);
    }
    length += 1 + word.length;
    if (!option && /^(?:--stack|-s)(?:=|$)/.test(word)) clear = true;
    if (word !== found) return { length, clear };
    option = !option && withValue.test(word);
  }
}

/** How many words that are no options a command takes; those that follow are the sentence's. @param first the first of them. */
function mostOthers(command: string, first: string): number {
  switch (command) {
    case "./beat secrets":
      return /^(?:list|make)$/.test(first) ? 1 : 2;
    case "pulumi config":
      return first === "set" ? 3 : /^(?:rm|get|cp|set-all|rm-all|refresh)$/.test(first) ? 2 : 0;
    case "./beat backup":
      return first === "verify" ? 1 : 0;
    case "./beat logs":
    case "./beat images":
    case "pulumi stack rename":
      return 1;
    default:
      return 0;
  }
}

/** Whether a command means a stack by itself. */
const isDefault = (command: string, stack: string): boolean =>
  command.startsWith("./beat") && stack === "dev" && (process.env.BEAT_STACK ?? "dev") === "dev";
