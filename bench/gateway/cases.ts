import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { Agent, type IncomingMessage, request } from "node:http";
import { fileURLToPath } from "node:url";
import { bodies } from "./contenders.ts";
import { expectEcho, openTunnel } from "./websocket.ts";

/** What the load generator counted in one run; times in microseconds. */
export interface Counted {
  readonly requests: number;
  readonly microseconds: number;
  readonly bytes: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly badStatus: number;
  readonly socketErrors: number;
}

export const caseNames = ["small", "large", "post", "websocket"] as const;
export type CaseName = (typeof caseNames)[number];

/** What each case asks, and the body that must come back. */
const asks: Readonly<Record<Exclude<CaseName, "websocket">, { path: string; send: number; expect: Buffer }>> =
  {
    small: { path: "/core/small.json", send: 0, expect: bodies.small },
    large: { path: "/core/large.bin", send: 0, expect: bodies.large },
    post: { path: "/core/post", send: 4096, expect: Buffer.from('{"received":4096}') },
  };
const postBytes = asks.post.send;

/** Titles for the table. */
export const titles: Readonly<Record<CaseName, string>> = {
  small: "GET, 203 B JSON",
  large: "GET, 64 KiB",
  post: "POST, 4 KiB",
  websocket: "WebSocket echo, 64 B messages",
};

const here = fileURLToPath(new URL(".", import.meta.url));

/**
 * Loads a port for some seconds from the given cores.
 * @throws when one answer was not 2xx, one socket failed, or the bytes received cannot be that many whole answers.
 */
export async function load(
  name: CaseName,
  port: number,
  seconds: number,
  connections: number,
  cores: string,
): Promise<Counted> {
  const command =
    name === "websocket"
      ? [process.execPath, `${here}websocket-load.ts`, String(port), String(seconds), String(connections)]
      : ["wrk", "-t1", `-c${connections}`, `-d${seconds}s`, "-s", `${here}load.lua`, url(port, name)];
  const env = { ...process.env, BODY_BYTES: String(name === "post" ? postBytes : 0) };
  const child = spawn("taskset", ["-c", cores, ...command], { env, stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += chunk;
  });
  await new Promise((resolve) => child.once("close", resolve));
  const line = /^RESULT (.*)$/m.exec(text)?.[1];
  if (line === undefined) throw new Error(`the load generator printed no result: ${text.slice(0, 500)}`);
  const counted = JSON.parse(line) as Counted;
  const least = counted.requests * (name === "websocket" ? 66 : asks[name].expect.length);
  if (counted.requests === 0 || counted.badStatus > 0 || counted.socketErrors > 0 || counted.bytes < least)
    throw new Error(`the run is not valid: ${line}`);
  return counted;
}

const url = (port: number, name: Exclude<CaseName, "websocket">): string =>
  `http://127.0.0.1:${port}${asks[name].path}`;

/** A whole answer. */
interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

function ask(port: number, path: string, send: number, agent: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const method = send > 0 ? "POST" : "GET";
    request({ host: "127.0.0.1", port, path, method, agent, timeout: 5_000 }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }),
      );
    })
      .on("error", reject)
      .end(Buffer.alloc(send, "x"));
  });
}

const digest = (body: Buffer): string => createHash("sha256").update(body).digest("hex");

/**
 * Asks a few times over one connection and compares status, body, and the fields every contender must add; the
 * upstream reports what reached it.
 * @throws naming what differs.
 */
export async function check(name: CaseName, port: number): Promise<void> {
  if (name === "websocket") {
    const socket = await openTunnel(port, "/socket/websocket");
    for (let i = 0; i < 3; i++) await expectEcho(socket, `echo ${i}`);
    socket.destroy();
    return;
  }
  const { path, send, expect } = asks[name];
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ids = new Set<unknown>();
  for (let i = 0; i < 3; i++) {
    const { status, headers, body } = await ask(port, path, send, agent);
    if (status !== 200) throw new Error(`${path} was answered ${status}`);
    if (digest(body) !== digest(expect)) throw new Error(`${path}: the body differs (${body.length} bytes)`);
    if (headers["x-frame-options"] !== "DENY" || headers["x-content-type-options"] !== "nosniff")
      throw new Error(`${path}: a security field is missing`);
    ids.add(headers["x-request-id"]);
  }
  if (ids.size !== 3 || ids.has(undefined))
    throw new Error(`${path}: X-Request-ID is not fresh on each answer`);
  const { headers, body } = await ask(port, "/core/seen", 0, agent);
  const seen = JSON.parse(body.toString()) as { id?: string; for?: string };
  if (seen.id === "" || seen.id !== headers["x-request-id"])
    throw new Error("the upstream saw another X-Request-ID than the client");
  if (!/127\.0\.0\.1$/.test(seen.for ?? "")) throw new Error("the upstream saw no X-Forwarded-For");
  agent.destroy();
}
