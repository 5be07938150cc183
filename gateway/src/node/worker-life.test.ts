import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { eventually } from "../../test/support/client.ts";

const script = fileURLToPath(new URL("../../test/support/orphan.mjs", import.meta.url));

/** A primary that is killed as soon as its worker lives. @returns what becomes of the worker. */
async function orphaned(...args: string[]): Promise<string> {
  const primary = spawn(process.execPath, [script, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { NODE_OPTIONS: "--no-warnings" },
  });
  let said = "";
  let over = false;
  primary.stdout.on("data", (chunk) => {
    said += chunk;
  });
  // The pipe ends with the last process that has it.
  primary.stdout.on("end", () => {
    over = true;
  });
  await eventually(() => said.includes("alive"), "the worker lives");
  primary.kill("SIGKILL");
  await eventually(() => over, "the worker ends");
  return said.trim().split("\n").slice(1).join(" ");
}

test("worker.exitedAfterDisconnect: set in the worker's own disconnect event, Node lets it live on", async () => {
  expect(await orphaned("outlives")).toBe("orphan done exit");
});

test("worker.exitedAfterDisconnect: not set, Node exits at once", async () => {
  expect(await orphaned()).toBe("exit");
});
