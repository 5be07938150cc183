import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readyTest } from "./workload.ts";

let folder: string;
let server: Server;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "beat-mongo-probe-"));
  server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

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

test("mongosh is asked of a server that listens, and a connect is enough once it has passed", async () => {
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
