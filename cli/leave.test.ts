import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

const script = join(import.meta.dirname, "../test/cli/journey-run.ts");

/** Runs a journey, and does something when its first line comes. */
async function run(meddle: (child: ReturnType<typeof spawn>) => void) {
  const log = join(mkdtempSync(join(tmpdir(), "beat-journey-")), "log");
  const child = spawn(process.execPath, [script, log], { stdio: ["ignore", "pipe", "inherit"] });
  child.stdout?.once("data", () => meddle(child));
  const [code] = (await once(child, "exit")) as [number | null];
  return { code, sent: readFileSync(log, "utf8").trim().split("\n") };
}

test("a journey that nobody disturbs", async () => {
  expect(await run(() => {})).toEqual({ code: 0, sent: ["POST", "GET", "GET", "GET", "DELETE", "DELETE"] });
});

test.each([
  ["nobody reads any more", 141, (child: ReturnType<typeof spawn>) => void child.stdout?.destroy()],
  ["Ctrl-C", 130, (child: ReturnType<typeof spawn>) => void child.kill("SIGINT")],
  ["the end of the process", 143, (child: ReturnType<typeof spawn>) => void child.kill("SIGTERM")],
])("%s: what the journey made is taken away, and the exit code tells it", async (_what, code, meddle) => {
  const came = await run(meddle);
  expect(came.code).toBe(code);
  expect(came.sent.slice(-2)).toEqual(["DELETE", "DELETE"]);
  expect(came.sent.length).toBeLessThan(6);
});
