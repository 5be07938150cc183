import { CommanderError } from "commander";
import { InputError } from "../core/problems.ts";
import { beat } from "./beat.ts";
import { say } from "./output.ts";

// `./beat logs | head` closes the pipe early, which is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

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
