import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openEngine } from "./client.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "beat-engine-"));
  for (const name of ["DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY"])
    vi.stubEnv(name, "");
  vi.stubEnv("DOCKER_CONFIG", home);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

/** An engine that knows its version alone. */
async function engineOn(listen: string | 0): Promise<{ port: number; [Symbol.dispose](): void }> {
  const server = createServer((_, answer) => answer.end('{"Version":"29.0.0"}'));
  await new Promise<void>((listening) => {
    if (listen === 0) server.listen(0, "127.0.0.1", listening);
    else server.listen(listen, listening);
  });
  const port = (server.address() as Partial<AddressInfo>).port ?? 0;
  return { port, [Symbol.dispose]: () => void server.close() };
}

/** A program called ssh that writes down how it was called. */
function fakeSsh(body: string): void {
  const file = join(home, "ssh");
  writeFileSync(file, `#!/bin/sh\nprintf '%s\\n' "$@" > ${home}/called\n${body}\n`);
  chmodSync(file, 0o755);
  vi.stubEnv("PATH", `${home}${delimiter}${process.env.PATH}`);
}

test("an engine is spoken to over a socket, and over TCP with or without a scheme", async () => {
  const socket = join(home, "engine.sock");
  using _ = await engineOn(socket);
  expect((await openEngine(`unix://${socket}`).version()).Version).toBe("29.0.0");
  using tcp = await engineOn(0);
  for (const address of [`tcp://127.0.0.1:${tcp.port}`, `127.0.0.1:${tcp.port}`])
    expect((await openEngine(address).version()).Version).toBe("29.0.0");
});

test("ssh:// goes through OpenSSH, to the engine of the other machine", async () => {
  const socket = join(home, "engine.sock");
  using _ = await engineOn(socket);
  const relay = `const s = require("node:net").connect("${socket}"); process.stdin.pipe(s); s.pipe(process.stdout);`;
  fakeSsh(`exec ${process.execPath} -e '${relay}'`);
  const engine = openEngine("ssh://me@build.example:2222");
  expect((await engine.version()).Version).toBe("29.0.0");
  expect((await engine.version()).Version).toBe("29.0.0");
  const called = readFileSync(join(home, "called"), "utf8").trim().split("\n");
  expect(called).toEqual([
    ..."-T -o ConnectTimeout=30 -l me -p 2222 -- build.example".split(" "),
    "docker system dial-stdio",
  ]);
});

test("what ssh says is what the error says", async () => {
  fakeSsh("echo 'me@build.example: Permission denied (publickey).' >&2; exit 255");
  await expect(openEngine("ssh://me@build.example").version()).rejects.toThrow(
    "ssh: me@build.example: Permission denied (publickey).",
  );
});

test("an engine that is spoken to by TLS never gets a plain word", async () => {
  for (const name of ["ca.pem", "cert.pem", "key.pem"]) writeFileSync(join(home, name), "");
  vi.stubEnv("DOCKER_TLS_VERIFY", "1");
  let first: Buffer | undefined;
  const server = createTcpServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (data) => {
      first = data;
      socket.destroy();
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  await expect(openEngine(`tcp://127.0.0.1:${port}`).version()).rejects.toThrow();
  server.close();
  // RFC 8446 5.1: a handshake record begins with 22.
  expect(first?.[0] ?? 22).toBe(22);
});

test("a certificate that is missing and a text that is no address are refused with the mend", () => {
  vi.stubEnv("DOCKER_TLS_VERIFY", "1");
  expect(() => openEngine("tcp://vm.example:2376")).toThrow(/ca\.pem.*ENOENT.*DOCKER_CERT_PATH/s);
  for (const address of ["ftp://vm.example", "tcp://", "ssh://"])
    expect(() => openEngine(address)).toThrow(/is no address of an engine/);
});
