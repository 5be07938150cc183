/** Writes a line of the result to standard output. */
export const print = (text: string): void => void process.stdout.write(`${text}\n`);
/** Writes the result for scripts. */
export const printJson = (data: unknown): void => print(JSON.stringify(data, undefined, 2));
/** Writes progress to standard error. */
export const say = (line: string): void => void process.stderr.write(`${line}\n`);
