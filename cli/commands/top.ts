import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { createLogUpdate } from "log-update";
import { command } from "../command.ts";
import { heedLeave } from "../leave.ts";
import { takesColours } from "../logs/show.ts";
import { asShown, print, printJson, standardOutput } from "../output.ts";
import type { Session } from "../session.ts";
import { fitting, pageOf } from "../top/page.ts";
import { UsageReader } from "../top/read.ts";

/** Between two readings, milliseconds: use is what has come between them. */
const pace = 2_000;

/** Shows what a stack's parts use, how its routes answer and whether its groups read. */
export function topCommand(beat: Command): void {
  command(
    beat,
    "top",
    "show what each part uses, how each route answers and how far each consumer group is, until Ctrl-C",
    { create: "where its remains are", target: true },
    async (session, options) => {
      const { json = false, once = false } = options as { json?: boolean; once?: boolean };
      const isLive = standardOutput.isTTY === true && process.env.TERM !== "dumb";
      await (json || once || !isLive ? showOnce(session, json) : showLive(session));
    },
  )
    .argument("[stack]", "stack to work on, like --stack")
    .option("--once", "show it once, as it is without a terminal");
}

const readerOf = ({ target, platform }: Session): UsageReader =>
  new UsageReader(target.usage(), { platform, inside: target.inside() });

const titleOf = ({ name }: Session): string =>
  `${name}, ${new Date().toLocaleTimeString("en-GB")}; req/s, 5xx and p99 of the last 15 s, then since the gateway's start`;

async function showOnce(session: Session, json: boolean): Promise<void> {
  const reader = readerOf(session);
  await reader.read();
  await sleep(pace);
  const usage = await reader.read();
  if (json) printJson({ stack: session.name, ...usage });
  else if (usage.parts.length === 0 && usage.faults.every((fault) => fault.startsWith("routes:")))
    print(`${session.name} is down`);
  else
    print(
      pageOf(usage, {
        title: titleOf(session),
        colours: takesColours(standardOutput, process.env),
      }).join("\n"),
    );
  if (usage.parts.length === 0) process.exitCode = 1;
}

/** Draws a page again and again below what was there. The cursor stays: whoever is killed leaves the terminal as it was. */
async function showLive(session: Session): Promise<void> {
  const ended = new AbortController();
  const heedless = heedLeave(() => ended.abort());
  const update = createLogUpdate(standardOutput, { showCursor: true });
  const reader = readerOf(session);
  const left = aborted(ended.signal);
  let lines: string[] = [`${session.name} …`];
  const draw = () => {
    const { columns = 80, rows = 24 } = standardOutput;
    update(fitting(lines, columns, rows).join("\n"));
  };
  standardOutput.on("resize", draw);
  draw();
  try {
    while (!ended.signal.aborted) {
      const usage = await Promise.race([reader.read(), left]);
      if (usage === undefined) break;
      lines = pageOf(usage, {
        title: titleOf(session),
        colours: takesColours(standardOutput, process.env),
      }).map(asShown);
      draw();
      await sleep(pace, undefined, { signal: ended.signal }).catch(() => {});
    }
  } finally {
    standardOutput.off("resize", draw);
    heedless();
    update.done();
  }
  // What was asked last is not waited for.
  setTimeout(() => process.exit(), 1000).unref();
}

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve(undefined), { once: true }));
