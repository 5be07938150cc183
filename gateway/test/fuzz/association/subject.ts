import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Route } from "../../../../config/route-table.ts";
import { eventually } from "../../support/client.ts";
import { commandUnderTest, listeningPort } from "../../support/gateway.ts";
import { type ProcessFacts, processFacts } from "../../support/process-facts.ts";
import { drainDelayMs, drainMs } from "./verdict.ts";

const hook = new URL("../../support/named-addresses.mjs", import.meta.url).pathname;

/** Limits so short that a run can wait for them, and long enough for a busy machine. A build without one ignores it. */
const limits = {
  GATEWAY_DRAIN_MS: String(drainMs),
  GATEWAY_DRAIN_DELAY_MS: String(drainDelayMs),
  GATEWAY_HEADERS_TIMEOUT_MS: "1500",
  GATEWAY_BODY_TIMEOUT_MS: "1500",
  GATEWAY_TUNNEL_IDLE_MS: "8000",
  GATEWAY_TUNNEL_HALF_CLOSED_MS: "6000",
  GATEWAY_LINGER_MS: "400",
  GATEWAY_LINGER_MAX_MS: "1500",
  GATEWAY_CLIENT_IDLE_MS: "5000",
  GATEWAY_SEND_TIMEOUT_MS: "4000",
  GATEWAY_UPSTREAM_IDLE_MS: "900",
  GATEWAY_UPSTREAM_MAX_AGE_MS: "3000",
  GATEWAY_UPSTREAM_MAX_REQUESTS: "50",
} as const;

/** How one gateway is started. */
export interface SubjectOptions {
  readonly workers: number;
  readonly upstreamConnections: number;
  /** Addresses by name. */
  readonly names: Readonly<Record<string, readonly string[]>>;
  readonly routes: readonly Partial<Route>[];
}

/** A gateway that is started, told of other routes and drained; nothing of it is restarted or forgiven. */
export class Subject {
  port = 0;
  metricsPort = 0;
  stderr = "";
  /** The last lines of its log that are no requests. */
  readonly events: string[] = [];
  exit: { readonly code: number | null; readonly signal: string | null } | undefined;
  #child: ChildProcess | undefined;
  readonly #folder = mkdtempSync(join(tmpdir(), "gateway-association-"));

  async start({ workers, upstreamConnections, names, routes }: SubjectOptions): Promise<this> {
    this.write(JSON.stringify({ services: routes }));
    this.metricsPort = await freePort();
    const [command = "", ...args] = commandUnderTest();
    const child = spawn(command, args, {
      env: {
        PATH: process.env.PATH,
        NODE_OPTIONS: `--import ${hook}`,
        NAMED_ADDRESSES: JSON.stringify(names),
        GATEWAY_ROUTES: this.#file,
        PROXY_HOST: "127.0.0.1",
        PROXY_PORT: "0",
        GATEWAY_WORKERS: String(workers),
        GATEWAY_METRICS_PORT: String(this.metricsPort),
        GATEWAY_UPSTREAM_CONNECTIONS: String(upstreamConnections),
        ...limits,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    child.on("exit", (code, signal) => {
      this.exit = { code, signal };
    });
    child.stderr.on("data", (chunk) => {
      this.stderr += String(chunk);
    });
    let pending = "";
    child.stdout.on("data", (chunk) => {
      const lines = (pending + String(chunk)).split("\n");
      pending = lines.pop() ?? "";
      for (const line of lines) this.#onLine(line);
    });
    await eventually(() => this.port !== 0 || this.exit !== undefined, "the gateway listens", 15_000);
    if (this.exit !== undefined) throw new Error(`the gateway did not start: ${this.stderr}`);
    return this;
  }

  #onLine(line: string): void {
    this.port ||= listeningPort(line);
    if (line.includes('"request"')) return;
    this.events.push(line);
    if (this.events.length > 30) this.events.shift();
  }

  get #file(): string {
    return join(this.#folder, "routes.json");
  }

  write(table: string): void {
    writeFileSync(this.#file, table);
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  get facts(): ProcessFacts {
    return processFacts(this.#child?.pid ?? 0);
  }

  /** The sum of a gauge over its labels, of those series that have `label`. */
  async gauges(): Promise<(name: string, label?: string) => number> {
    const answer = await fetch(`http://127.0.0.1:${this.metricsPort}/metrics`, {
      headers: { connection: "close" },
    });
    const lines = (await answer.text()).split("\n");
    return (name, label = "") =>
      lines
        .filter(
          (line) => (line.startsWith(`${name} `) || line.startsWith(`${name}{`)) && line.includes(label),
        )
        .reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
  }

  /** Ends it whatever it does. */
  async stop(): Promise<void> {
    if (this.exit === undefined) this.signal("SIGKILL");
    await eventually(() => this.exit !== undefined, "the gateway ends");
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
