import { CommanderError } from "commander";
import { InputError } from "../core/problems.ts";
import { beat } from "./beat.ts";
import { onWriteError } from "./leave.ts";
import { say } from "./output.ts";

process.stdout.on("error", onWriteError);
process.stderr.on("error", onWriteError);

try {
  await beat.parseAsync();
} catch (error) {
  // What is wrong with the command line has been said, and so has the help that was asked for.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    say(`beat: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = error instanceof InputError ? 2 : 1;
  }
}
