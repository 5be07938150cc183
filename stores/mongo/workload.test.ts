import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readyTest } from "./workload.ts";

let folder: string;
let server: Server;
let answer: Buffer;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "beat-mongo-probe-"));
  answer = hello(1);
  server = createServer((socket) => {
    socket.on("error", () => {});
    // Nothing is answered that was not asked in full: the length of a message is its first word.
    socket.on("data", (asked) => {
      if (asked.length === asked.readInt32LE(0) && asked.readInt32LE(12) === 2013) socket.write(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** What a server answers to `hello`: an OP_MSG whose document is `{ok: <double>}`. Source: MongoDB wire protocol; BSON 1.1. */
function hello(ok: number): Buffer {
  const document = Buffer.alloc(17);
  document.writeInt32LE(17, 0);
  document.write("\x01ok\0", 4, "latin1");
  document.writeDoubleLE(ok, 8);
  const head = Buffer.alloc(21);
  head.writeInt32LE(head.length + document.length, 0);
  head.writeInt32LE(2013, 12);
  return Buffer.concat([head, document]);
}

/** A mongosh that notes that it ran, and then does as it is told. */
function mongosh(then: string): void {
  writeFileSync(join(folder, "mongosh"), `#!/bin/sh\necho ran >> ${folder}/runs\n${then}\n`);
  chmodSync(join(folder, "mongosh"), 0o755);
}

async function probe(port: number, seconds = 9): Promise<number | undefined> {
  const [command = "", ...args] = readyTest(port, join(folder, "passed"), "mongosh --quiet", seconds);
  const { exitCode } = await execa(command, args, {
    env: { PATH: `${folder}:${process.env.PATH}` },
    reject: false,
  });
  return exitCode;
}

const runs = (): number => {
  try {
    return readFileSync(join(folder, "runs"), "utf8").split("\n").length - 1;
  } catch {
    return 0;
  }
};
const listening = (): number => (server.address() as { port: number }).port;

test("a server that says it is not well has not passed, and mongosh is not asked", async () => {
  mongosh("exit 0");
  answer = hello(0);
  expect(await probe(listening())).toBe(1);
  expect(runs()).toBe(0);
});

test("mongosh is asked of a server that answers, and its answer is enough once it has passed", async () => {
  mongosh("exit 0");
  const port = listening();
  expect([await probe(port), await probe(port)]).toEqual([0, 0]);
  expect(runs()).toBe(1);
  await new Promise((resolve) => server.close(resolve));
  expect(await probe(port)).not.toBe(0);
  expect(runs()).toBe(1);
});

test("a mongosh that hangs ends before its probe does, and has not passed", async () => {
  mongosh("exec sleep 60");
  const begun = performance.now();
  expect(await probe(listening(), 1)).toBe(124);
  expect(performance.now() - begun).toBeLessThan(20_000);
  mongosh("exit 1");
  expect(await probe(listening())).toBe(1);
  expect(runs()).toBe(2);
});
