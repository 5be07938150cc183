import { PassThrough } from "node:stream";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { say } from "../output.ts";
import { isLive, Live, type Screen } from "./live.ts";

const urn = "urn:pulumi:dev::beat-ecoprove::docker:index/container:Container::kafka-b";
const metadata = { op: "create", type: "docker:index/container:Container", urn };
const begins = { resourcePreEvent: { metadata } } as EngineEvent;
const ends = { resOutputsEvent: { metadata } } as unknown as EngineEvent;

let written = "";
const screen = Object.assign(new PassThrough(), { isTTY: true, columns: 40, rows: 10 });
screen.on("data", (chunk: Buffer) => {
  written += chunk.toString();
});

beforeEach(() => {
  written = "";
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"] });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => screen.write(text));
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A view that reads from a container's log. */
function open(lastWords: () => Promise<string | undefined>, json = false): Live {
  const live = new Live({ json, lastWords, screen: screen as unknown as Screen, env: {} });
  live.hide(["secret1"]);
  return live;
}
/** Lets time pass, and what waits for an answer go on. */
async function pass(milliseconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(milliseconds);
  await new Promise((resolve) => setImmediate(resolve));
}
/** What a terminal shows at last: the text after the last line was erased. */
const shown = () =>
  written
    .split("\x1b[G")
    .at(-1)
    ?.replace(/\x1b\[\?2026[hl]/g, "");

test("a step is shown with its time and the end of its log, secrets left out, and all of it is gone at the end", async () => {
  const live = open(async () => "\x1b[31mconnecting with secret1 to the controller of the quorum");
  live.onEvent(begins);
  await pass(3_000);
  await pass(1_000);
  expect(written).toContain("… 4 s creating container kafka-b");
  expect(written).toContain("connecting with … to the contro");
  expect(written).not.toContain("secret1");
  live.onEvent(ends);
  say("  ✔ container kafka-b created");
  expect(written).toMatch(/\x1b\[G(\x1b\[\?2026l)? {2}✔ container kafka-b created\n/);
  live.stop();
  expect(shown()).toBe("");
  written = "";
  await pass(5_000);
  live.stop();
  say("done");
  expect(written).toBe("done\n");
});

test("a log that cannot be read takes nothing away, and is asked for once at a time", async () => {
  let asked = 0;
  const live = open(() => {
    asked++;
    return asked === 1 ? Promise.reject(new Error("no such container")) : new Promise(() => {});
  });
  live.onEvent(begins);
  await pass(20_000);
  live.stop();
  expect(asked).toBe(2);
  expect(written).toContain("20 s creating");
});

test("a terminal that is resized is drawn on anew", () => {
  const live = open(async () => undefined);
  live.onEvent(begins);
  written = "";
  const others = screen.listenerCount("resize") - 1;
  Object.assign(screen, { columns: 20 });
  screen.emit("resize");
  Object.assign(screen, { columns: 40 });
  live.stop();
  expect(written).toContain("  … 0 s creating c…");
  expect(screen.listenerCount("resize")).toBe(others);
});

test("without a terminal, in CI, for scripts, and where no colours are wanted nothing is drawn", async () => {
  const tty = { isTTY: true };
  expect(isLive(tty, {})).toBe(true);
  expect(isLive(tty, { CI: "false", NO_COLOR: "", TERM: "xterm" })).toBe(true);
  for (const env of [{ CI: "true" }, { CI: "1" }, { NO_COLOR: "1" }, { TERM: "dumb" }])
    expect(isLive(tty, env)).toBe(false);
  expect(isLive({ isTTY: false }, {})).toBe(false);
  const live = open(async () => "words", true);
  live.onEvent(begins);
  await pass(10_000);
  say("  ✔ container kafka-b created");
  live.stop();
  expect(written).toBe("  ✔ container kafka-b created\n");
});

test("Ctrl-C leaves what is under way to its end, and the second one ends the process with the screen cleared", () => {
  const exit = vi.spyOn(process, "exit").mockImplementation((() => {}) as never);
  const before = process.listenerCount("SIGINT");
  const live = open(async () => undefined);
  live.onEvent(begins);
  process.emit("SIGINT");
  expect(written).toContain("interrupted");
  expect(exit).not.toHaveBeenCalled();
  expect(live.interrupted).toBe(true);
  process.emit("SIGINT");
  expect(exit).toHaveBeenCalledExactlyOnceWith(130);
  expect(shown()).toBe("");
  expect(process.listenerCount("SIGINT")).toBe(before);
});

test("also where nothing is drawn, and whatever asks the process to end", () => {
  const exit = vi.spyOn(process, "exit").mockImplementation((() => {}) as never);
  const live = open(async () => undefined, true);
  process.emit("SIGTERM", "SIGTERM");
  expect(written).toContain("interrupted");
  expect(live.ended.aborted).toBe(true);
  process.emit("SIGHUP", "SIGHUP");
  expect(exit).not.toHaveBeenCalled();
  process.emit("SIGTERM", "SIGTERM");
  expect(exit).toHaveBeenCalledExactlyOnceWith(143);
  expect(process.listenerCount("SIGHUP")).toBe(0);
});
