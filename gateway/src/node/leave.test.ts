import { spawn } from "node:child_process";
import { lookup, lookupService } from "node:dns";
import { stat } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const file = fileURLToPath(new URL("./leave.ts", import.meta.url));

/** Runs a script in a process of its own, which nobody reads. @returns its exit code, and how long it took. */
function run(script: string): Promise<{ code: number | string | null; ms: number }> {
  return new Promise((resolve) => {
    const start = performance.now();
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { NODE_NO_WARNINGS: "1", NODE_OPTIONS: "--no-warnings" },
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), 8_000);
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? signal, ms: performance.now() - start });
    });
  });
}

const imports = `import { leave } from ${JSON.stringify(file)}; import fs from "node:fs";`;
/** A thread of the pool that waits for a reader for ever: 16 MiB into a socket that is not read. */
const hang = `fs.write(1, Buffer.alloc(16_777_216), () => {}); await new Promise((go) => setTimeout(go, 100));`;

test("process.exit: leaves with its code when no thread has anything in hand", async () => {
  expect((await run(`${imports} leave(7);`)).code).toBe(7);
});

test("process.execve: leaves with its code while a thread of the pool waits for ever", async () => {
  expect(typeof process.execve).toBe("function");
  const { code, ms } = await run(`${imports} ${hang} leave(7);`);
  expect(code).toBe(7);
  expect(ms).toBeLessThan(4_000);
});

test("process.kill: ends it all the same where execve is not to be had", async () => {
  const { code, ms } = await run(
    `${imports} ${hang} process.execve = () => { throw new Error(); }; leave(7);`,
  );
  expect(code).toBe("SIGKILL");
  expect(ms).toBeLessThan(4_000);
});

test.each([
  { what: "a file", name: /^FSReq/, ask: (done: () => void) => stat("/", done) },
  { what: "a name's look-up", name: /^GetAddrInfo/, ask: (done: () => void) => lookup("localhost", done) },
  {
    what: "an address's look-up",
    name: /^GetNameInfo/,
    ask: (done: () => void) => lookupService("127.0.0.1", 80, done),
  },
])(
  "process.getActiveResourcesInfo: names $what that a thread of the pool has in hand",
  async ({ name, ask }) => {
    const names = await new Promise<string[]>((resolve) => {
      let seen: string[] = [];
      ask(() => resolve(seen));
      seen = process.getActiveResourcesInfo();
    });
    expect(names).toEqual(expect.arrayContaining([expect.stringMatching(name)]));
  },
);
