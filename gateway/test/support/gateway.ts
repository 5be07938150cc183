import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Route } from "../../../config/route-table.ts";
import { Client, eventually, type Received } from "./client.ts";
import { Upstream } from "./upstream.ts";

const built = fileURLToPath(new URL("../../dist/gateway.mjs", import.meta.url));

/**
 * The command under test: `GATEWAY_UNDER_TEST` (words separated by spaces) replaces it whole, `GATEWAY_NODE` runs the
 * built gateway on another Node. Any command will do that reads the gateway's environment variables and prints a JSON
 * line `{"event":"listening","address":{"port":…}}`.
 */
export function commandUnderTest(): readonly string[] {
  const command = process.env.GATEWAY_UNDER_TEST?.trim();
  return command
    ? command.split(/\s+/)
    : // As in the image (gateway/image/Dockerfile).
      [process.env.GATEWAY_NODE ?? process.execPath, "--max-semi-space-size=4", built];
}

/** A route as a test writes it. */
export type TestRoute = Partial<Route> & {
  readonly tunnels?: { readonly max?: number; readonly per_client?: number };
};

/** One line of the log. */
export type Line = Readonly<Record<string, unknown>>;

/** A private upstream with routes of its own in the gateway under test: `/sN` stripped, `/wN` WebSocket, unstripped. */
export interface Slot {
  readonly upstream: Upstream;
  /** Prefix that is stripped. */
  readonly prefix: string;
  /** Prefix of the WebSocket route, not stripped. */
  readonly socket: string;
}

export interface GatewayOptions {
  /** Settings beside the addresses. */
  readonly env?: Readonly<Record<string, string>>;
  readonly slots?: number;
  /** Routes beside those of the slots. */
  readonly routes?: readonly TestRoute[];
  /** Fields for every slot's route. */
  readonly route?: TestRoute;
}

/** A gateway as it ships: a process of its own, told everything by environment variables. */
export class Gateway {
  readonly slots: Slot[] = [];
  readonly log: string[] = [];
  port = 0;
  exitCode: number | undefined;
  #child: ChildProcess | undefined;
  #folder = "";
  #file = "";
  #slotRoutes: readonly TestRoute[] = [];
  #used = 0;
  #stderr = "";
  #stopped = false;
  #env: NodeJS.ProcessEnv = {};
  readonly #crashes: string[] = [];

  static async start(options: GatewayOptions = {}): Promise<Gateway> {
    const gateway = new Gateway();
    await gateway.start(options);
    return gateway;
  }

  async start({ env = {}, slots = 1, routes = [], route = {} }: GatewayOptions): Promise<void> {
    for (let i = 0; i < slots; i++)
      this.slots.push({ upstream: await new Upstream().listen(), prefix: `/s${i}`, socket: `/w${i}` });
    this.#folder = mkdtempSync(join(tmpdir(), "gateway-test-"));
    this.#file = join(this.#folder, "routes.json");
    this.#slotRoutes = this.slots.flatMap(({ upstream, prefix, socket }, i) => {
      const base = { host: "127.0.0.1", port: upstream.port, skip_prefix: [], ...route };
      return [
        { ...base, name: `slot-${i}`, prefix, strip_prefix: true },
        { ...base, name: `socket-${i}`, prefix: socket, strip_prefix: false, websocket: true },
      ];
    });
    this.#write(routes);
    this.#env = {
      PATH: process.env.PATH,
      GATEWAY_ROUTES: this.#file,
      PROXY_HOST: "127.0.0.1",
      PROXY_PORT: "0",
      ...env,
    };
    this.#spawn();
    await eventually(() => this.port !== 0 || this.exitCode !== undefined, "the gateway listens", 15_000);
    if (this.exitCode !== undefined) throw new Error(`the gateway did not start: ${this.#stderr}`);
  }

  #write(routes: readonly TestRoute[]): void {
    writeFileSync(this.#file, JSON.stringify({ services: [...routes, ...this.#slotRoutes] }));
  }

  /** Gives the running gateway other routes beside those of its slots. */
  async reload(routes: readonly TestRoute[]): Promise<void> {
    const reloads = () => this.lines("routes-reloaded").length;
    const before = reloads();
    this.#write(routes);
    this.signal("SIGHUP");
    await eventually(() => reloads() > before, "the routes are taken over");
  }

  #spawn(): void {
    const [command = "", ...args] = commandUnderTest();
    const child = spawn(command, args, { env: this.#env, stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    this.exitCode = undefined;
    let listening = false;
    child.on("error", (error) => {
      this.#stderr += error.message;
      this.exitCode = -1;
    });
    child.on("exit", (code, signal) => {
      this.exitCode = code ?? (signal === null ? -1 : 128);
      if (!listening || this.#stopped || code === 0) return;
      // One crash must not hide the other cases: the next process takes them, and `stop` tells of it.
      this.#crashes.push(this.#stderr.slice(-2000));
      this.port = 0;
      this.#spawn();
    });
    child.stderr.on("data", (chunk) => {
      this.#stderr += String(chunk);
    });
    let pending = "";
    child.stdout.on("data", (chunk) => {
      pending += String(chunk);
      const lines = pending.split("\n");
      pending = lines.pop() ?? "";
      for (const line of lines) {
        this.log.push(line);
        if (listening) continue;
        const port = listeningPort(line);
        listening = port !== 0;
        if (listening) this.port = port;
      }
    });
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }
  /** How often the process has died by itself. */
  get crashes(): number {
    return this.#crashes.length;
  }
  get stderr(): string {
    return this.#stderr;
  }

  /** Log lines of one event so far. */
  lines(event: string): Line[] {
    return this.log.map((line) => JSON.parse(line) as Line).filter((line) => line.event === event);
  }

  /** The log's lines of requests whose path begins so, once there are `count` of them. */
  async requestLines(path: string, count = 1): Promise<Line[]> {
    const found = () => this.lines("request").filter((line) => String(line.path).startsWith(path));
    await eventually(() => found().length >= count, `${count} log lines of ${path}`);
    return found();
  }

  /** Reads no more of its log, so that the pipe fills. */
  leaveLog(): void {
    this.#child?.stdout?.pause();
  }

  /** An upstream that no other case of this gateway uses. */
  slot(): Slot {
    const slot = this.slots[this.#used++];
    if (slot === undefined) throw new Error(`only ${this.slots.length} slots: start the gateway with more`);
    return slot;
  }

  open(options?: ConstructorParameters<typeof Client>[1]): Client {
    return new Client(this.port, options);
  }

  /** Sends bytes on a new connection, waits for `count` answers or the end, and hangs up. */
  async exchange(bytes: string | Buffer, count = 1, methods: readonly string[] = []): Promise<Received> {
    await eventually(() => this.port !== 0, "the gateway listens");
    const client = this.open();
    client.methods = methods;
    client.send(bytes);
    const received = await client.settle(count);
    client.destroy();
    return received;
  }

  /** The same without a quiet moment afterwards, for many exchanges. */
  async exchangeQuick(bytes: string): Promise<Received> {
    await eventually(() => this.port !== 0, "the gateway listens");
    const client = this.open().send(bytes);
    const received = await client.settle(1, 3_000, 0);
    client.destroy();
    return received;
  }

  /** Process ids of its workers; Linux keeps them under the main thread. */
  workers(): number[] {
    const { pid } = this;
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  }

  /** Open files of the process. */
  openFiles(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  /** Open sockets of the process. */
  openSockets(): number {
    const folder = `/proc/${this.pid}/fd`;
    return readdirSync(folder).filter((file) => linkTo(join(folder, file)).startsWith("socket:")).length;
  }

  /** Resident memory of the process in bytes. */
  memory(): number {
    const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.pid}/status`, "utf8")) ?? [];
    return Number(kilobytes) * 1024;
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  /** Ends the process at once, and the upstreams. @throws when the gateway had died before by itself. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#child?.kill("SIGKILL");
    await eventually(() => this.exitCode !== undefined, "the gateway ends");
    await Promise.all(this.slots.map(({ upstream }) => upstream.close()));
    rmSync(this.#folder, { recursive: true, force: true });
    const [first] = this.#crashes;
    if (first !== undefined) throw new Error(`the gateway died ${this.#crashes.length} times: ${first}`);
  }
}

/** Where a link leads; nowhere when it has gone meanwhile. */
function linkTo(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return "";
  }
}

/** The port that a log line tells of; 0 for any other line. */
export function listeningPort(line: string): number {
  try {
    const { event, address } = JSON.parse(line) as { event?: string; address?: { port?: number } };
    return event === "listening" ? (address?.port ?? 0) : 0;
  } catch {
    return 0;
  }
}
