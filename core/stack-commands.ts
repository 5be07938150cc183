/** The beginning of a command that works on a stack. `./beat env` and `test` print and run what is nobody's. */
const beginning =
  /\.\/beat (?:up|down|preview|doctor|status|verify|logs|urls|secrets|images|build-images|backup|restore|render|serve)(?![\w-])|pulumi (?:config|up|preview|refresh|destroy|cancel|stack rename)(?![\w-])/g;

/** A word of a shell: quoted, a placeholder, or plain. */
const word = /^ (?:'[^']*'|"[^"]*"|<[^<>]*>|[^\s'"<>|&;#()`,])+/;

/** What ends a sentence, not a command. */
const ending = /[,;:.…]+$/;

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
    const end = from + lengthOfArguments(rest.slice(from));
    const command = rest.slice(found.index, end);
    done += rest.slice(0, end) + (isClear(command, stack) ? "" : ` --stack ${stack}`);
    rest = rest.slice(end);
  }
}

function lengthOfArguments(text: string): number {
  let length = 0;
  for (;;) {
    // Two blanks part a command from what is said of it.
    const found = word.exec(text.slice(length))?.[0];
    if (found === undefined) return length;
    const plain = found.replace(ending, "");
    if (plain === found) length += found.length;
    else return plain === " " ? length : length + plain.length;
  }
}

/** Whether a command says which stack it means, or means the same one without. */
function isClear(command: string, stack: string): boolean {
  if (/ (?:--stack|-s)(?:[ =]|$)/.test(command)) return true;
  return command.startsWith("./beat") && stack === "dev" && (process.env.BEAT_STACK ?? "dev") === "dev";
}
