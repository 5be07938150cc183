import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { describe, expect, test } from "vitest";

const run = fileURLToPath(new URL("live-run.ts", import.meta.url));
const missing = (() => {
  try {
    return /util-linux/.test(execFileSync("script", ["--version"], { encoding: "utf8" }));
  } catch {
    return false;
  }
})()
  ? undefined
  : "no util-linux, whose `script` makes a pseudo terminal";

/** What a terminal of 40 columns gets from a run. @param interruptAt words at whose sight Ctrl-C is pressed, one after the other. */
async function inTerminal(how: string, env: Record<string, string>, interruptAt: readonly string[] = []) {
  const line = `stty cols 40 rows 12; exec '${process.execPath}' '${run}' ${how}`;
  const terminal = execa("script", ["-qec", line, "/dev/null"], {
    reject: false,
    stdin: "pipe",
    env: { TERM: "xterm-256color", CI: "", NO_COLOR: "", ...env },
  });
  const awaited = [...interruptAt];
  let seen = "";
  terminal.stdout.on("data", (chunk: Buffer) => {
    seen += chunk.toString();
    if (awaited[0] === undefined || !seen.includes(awaited[0])) return;
    awaited.shift();
    terminal.stdin.write("\x03");
  });
  const { stdout, exitCode } = await terminal;
  terminal.stdin.destroy();
  return { said: stdout.replaceAll("\r", ""), exitCode };
}

/** What is left to see of what was written: a terminal that knows what the view uses, and refuses the rest. */
function screenOf(said: string): string[] {
  const lines = [""];
  let row = 0;
  for (const [token] of said.matchAll(/\x1b\[[0-9?]*[A-Za-z]|\n|[^\x1b\n]+/g)) {
    if (token === "\n") row++;
    else if (!token.startsWith("\x1b")) lines[row] = token;
    else if (/^\x1b\[\d*A$/.test(token)) row -= Number.parseInt(token.slice(2), 10) || 1;
    else if (/^\x1b\[\d*B$/.test(token)) row += Number.parseInt(token.slice(2), 10) || 1;
    else if (/^\x1b\[2?K$/.test(token)) lines[row] = token === "\x1b[K" ? (lines[row] ?? "") : "";
    else if (!/^\x1b\[(G|\?2026[hl])$/.test(token)) throw new Error(`unknown order ${JSON.stringify(token)}`);
    lines[row] ??= "";
  }
  return lines.filter((line) => line !== "");
}

describe.skipIf(missing !== undefined)(`in a pseudo terminal${missing ? `: ${missing}` : ""}`, () => {
  test("a narrow one shows what is under way, and at the end what was done and nothing else", async () => {
    const { said, exitCode } = await inTerminal("", {});
    expect(exitCode).toBe(0);
    expect(said).toMatch(/ {2}… \d s creating container kafka-b\n/);
    expect(said).toContain("      [KafkaServer] 日本語");
    expect(said).toMatch(/ {2}… \d s creating container consumer-wa…\n/);
    expect(said).not.toContain("hunter2");
    expect(screenOf(said)).toEqual([
      expect.stringMatching(/^ {2}✔ container kafka-b created \(\d+\.\d s\)$/),
      expect.stringMatching(/^ {2}✔ container consumer-watch-messaging-service created \(\d+\.\d s\)$/),
      "the stack is up",
    ]);
  });

  test.each([{ CI: "true" }, { NO_COLOR: "1" }, { TERM: "dumb" }])("%o makes it plain lines", async (env) => {
    const { said } = await inTerminal("", env);
    expect(said).not.toContain("\x1b");
    expect(said.trim().split("\n")).toHaveLength(3);
  });

  test("the second Ctrl-C ends it, and leaves the terminal as it was", async () => {
    const { said, exitCode } = await inTerminal("hang", {}, ["creating", "interrupted"]);
    expect(exitCode).toBe(130);
    const left = screenOf(said.replaceAll("^C", "")).join("\n");
    expect(left).toContain("interrupted");
    expect(left).not.toContain("creating");
  });
});
