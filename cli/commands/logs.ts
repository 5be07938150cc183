import { type Command, InvalidArgumentError } from "commander";
import { command } from "../command.ts";

/** Shows logs. */
export function logsCommand(beat: Command): void {
  command(
    beat,
    "logs",
    "show logs of one container, or of all",
    { create: "where its remains are", target: true },
    async (session, options, name) => {
      const { follow = false, tail } = options as unknown as { follow?: boolean; tail: number };
      await session.target.logs(name, { follow, tail });
    },
  )
    .argument("[name]", "container, pod or component, e.g. core-service")
    .option("-f, --follow", "go on with new lines")
    .option("-n, --tail <lines>", "how many lines at first", wholeNumber, 100);
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}
