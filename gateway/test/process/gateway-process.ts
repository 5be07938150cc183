import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, get, type Server as HttpServer, createServer as httpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleGateway } from "../../../infra/images/bundle.ts";

export { freePort } from "../support/metrics.ts";

/** The gateway as it is shipped: one bundled file, in a folder of its own; the one that GATEWAY_UNDER_TEST ends with. */
export async function shippedGateway(): Promise<{ readonly file: string; readonly directory: string }> {
  const directory = mkdtempSync(join(tmpdir(), "gateway-process-"));
  const file = join(directory, "gateway.mjs");
  const other = process.env.GATEWAY_UNDER_TEST?.trim().split(/\s+/).at(-1);
  if (other) copyFileSync(other, file);
  else writeFileSync(file, await bundleGateway(fileURLToPath(new URL("../../..", import.meta.url))));
  return { file, directory };
}

/** A table with one route, `prefix`, to a port of loopback. */
export const tableTo = (port: number, prefix: string): string =>
  JSON.stringify({ services: [{ name: "a", host: "127.0.0.1", port, prefix, strip_prefix: true }] });

/** An upstream that answers with the name it was given; `/slow` after 1.5 s. */
export async function namedUpstream(name: string): Promise<{ server: HttpServer; port: number }> {
  const server = httpServer((request, response) => {
    request.resume();
    setTimeout(() => response.end(name), request.url?.startsWith("/slow") ? 1_500 : 0);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, port: (server.address() as AddressInfo).port };
}

/** One process of the gateway. */
export class GatewayProcess {
  readonly child: ChildProcess;
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
  /** As `exited`, whether or not its output was read to the end. */
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
  stdout = "";
  stderr = "";

  constructor(
    file: string,
    args: readonly string[],
    env: Record<string, string>,
    stdout: "pipe" | number = "pipe",
  ) {
    this.child = spawn(process.env.GATEWAY_NODE ?? process.execPath, [file, ...args], {
      env: { PATH: process.env.PATH ?? "", PROXY_HOST: "127.0.0.1", ...env },
      stdio: ["ignore", stdout, "pipe"],
    });
    this.child.stdout?.on("data", (chunk) => {
      this.stdout += chunk;
    });
    this.child.stderr?.on("data", (chunk) => {
      this.stderr += chunk;
    });
    this.ended = once(this.child, "exit").then(([code, signal]) => ({ code, signal }));
    // "close", not "exit": only then all output is here.
    this.exited = once(this.child, "close").then(([code, signal]) => ({ code, signal }));
  }

  /** Whole log lines so far, each of which must be JSON. */
  get events(): Record<string, unknown>[] {
    return this.stdout
      .slice(0, this.stdout.lastIndexOf("\n") + 1)
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Waits for the nth event of this name. */
  async event(name: string, count = 1, limitMs = 8_000): Promise<Record<string, unknown>> {
    for (const until = Date.now() + limitMs; Date.now() < until; ) {
      const found = this.events.filter(({ event }) => event === name)[count - 1];
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`no ${name} within ${limitMs} ms: ${this.stdout}${this.stderr}`);
  }

  async stop(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.exited;
  }
}

/** One GET on an agent's connection; rejects when the connection breaks. */
export function ask(port: number, path: string, agent: Agent): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path, agent }, (response) => {
      let body = "";
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      response.on("error", reject);
    }).on("error", reject);
  });
}

/** An agent with one kept connection: one client. */
export const client = (): Agent => new Agent({ keepAlive: true, maxSockets: 1 });

export const remove = (directory: string): void => rmSync(directory, { recursive: true, force: true });
