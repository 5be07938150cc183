import { spawnSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { eventually } from "../../test/support/client.ts";
import { Output, unblockedPipe } from "./output.ts";

/** A pipe of the kernel, as a container's log is; what Node starts a process with is a socket. */
function pipe(): { readonly writer: number; read(): string; leave(): void } {
  const folder = mkdtempSync(join(tmpdir(), "output-"));
  const name = join(folder, "pipe");
  spawnSync("mkfifo", [name]);
  const reader = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(name, constants.O_WRONLY);
  let open = true;
  const leave = () => {
    if (open) closeSync(reader);
    open = false;
  };
  onTestFinished(() => {
    leave();
    closeSync(writer);
    rmSync(folder, { recursive: true });
  });
  const bytes = Buffer.alloc(1 << 20);
  const read = () => {
    try {
      return bytes.toString("latin1", 0, readSync(reader, bytes));
    } catch (error) {
      // There is nothing in it.
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") return "";
      throw error;
    }
  };
  return { writer, read, leave };
}

test.runIf(process.platform === "linux")(
  "a pipe that is full ends with a whole line, and gets the rest once it is read; nothing is drained before",
  async () => {
    const { writer, read } = pipe();
    // As processes that share a pipe have it.
    const output = new Output(writer, { chunk: 4_096 });
    const lines = Array.from({ length: 100 }, (_, i) => `${i} ${"x".repeat(1_000)}\n`).join("");
    expect(output.write(lines)).toBe(true);
    let drained = false;
    const end = output.drained().then(() => {
      drained = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(drained).toBe(false);
    let text = read();
    expect(text.endsWith("x\n")).toBe(true);
    await eventually(() => {
      if (text.length < lines.length) text += read();
      return text.length >= lines.length;
    }, "the rest");
    expect(text).toBe(lines);
    await end;
  },
);

test.runIf(process.platform === "linux")(
  "a pipe is opened again, so that what finds no room in it fails at once; nothing else is",
  () => {
    const { writer } = pipe();
    const again = unblockedPipe(writer) as number;
    expect(again).toBeDefined();
    expect(() => {
      for (;;) writeSync(again, Buffer.alloc(4_096));
    }).toThrow("EAGAIN");
    closeSync(again);
    const device = openSync("/dev/null", constants.O_WRONLY);
    expect(unblockedPipe(device)).toBeUndefined();
    closeSync(device);
  },
);

test.runIf(process.platform === "linux")(
  "at a sudden end a pipe gets what waits, as far as there is room",
  () => {
    const { writer, read } = pipe();
    const output = new Output(writer);
    output.flushSync("last words\n", 1_000);
    expect(read()).toBe("last words\n");
    // Nobody reads: it gives up in time.
    const start = performance.now();
    output.flushSync("x".repeat(1_000_000), 50);
    expect(performance.now() - start).toBeGreaterThanOrEqual(50);
  },
);

test.runIf(process.platform === "linux")(
  "a reader that is gone is no error, and nothing waits for it",
  async () => {
    const { writer, leave } = pipe();
    const output = new Output(writer);
    leave();
    expect(output.write("a line\n")).toBe(true);
    await output.drained();
  },
);
