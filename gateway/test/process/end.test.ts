import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync, readSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { ask, client, freePort, GatewayProcess } from "./gateway-process.ts";
import { ProcessSuite } from "./suite.ts";

const suite = new ProcessSuite(["up"]);
const drain = 300;
/** What a process may take beyond its drain: two seconds, the workers' two, and a slow machine. */
const grace = { "1": 3_000, "2": 5_000 };
const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0)) step();
});

/** A pipe that nobody reads. Both ends are held open here, and the flags of `reader` are its own. */
function newPipe(name: string): { readonly writer: number; readonly reader: number } {
  const path = join(suite.directory, name);
  execFileSync("mkfifo", [path]);
  const reader = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  undo.push(
    () => closeSync(reader),
    () => closeSync(writer),
  );
  return { writer, reader };
}

/** Reads what a pipe holds. */
function contentOf(pipe: number): string {
  let text = "";
  const buffer = Buffer.alloc(65_536);
  try {
    for (;;) text += buffer.toString("latin1", 0, readSync(pipe, buffer));
  } catch {
    return text;
  }
}

/** A gateway whose standard output is a pipe, or a socket that is read or not; resolves once it serves. */
async function startOn(stdout: number | "read" | "unread", env: Record<string, string>) {
  const port = await freePort();
  const gateway = new GatewayProcess(
    suite.file,
    [],
    {
      GATEWAY_ROUTES: suite.routes,
      PROXY_PORT: String(port),
      GATEWAY_DRAIN_MS: String(drain),
      GATEWAY_DRAIN_DELAY_MS: "0",
      ...env,
    },
    typeof stdout === "number" ? stdout : "pipe",
  );
  undo.push(() => gateway.child.kill("SIGKILL"));
  if (stdout === "unread") gateway.child.stdout?.pause();
  await expect
    .poll(() => ask(port, "/_gateway/health", client()).catch(() => undefined), { timeout: 8_000 })
    .toMatchObject({ status: 200 });
  return { gateway, port };
}

/** Makes more log than a pipe and the buffers behind a socket hold. */
async function fill(port: number): Promise<void> {
  const long = "x".repeat(3_500);
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      const agent = client();
      for (let i = 0; i < 60; i++) await ask(port, `/a/${long}`, agent);
      agent.destroy();
    }),
  );
  // Until the last lines were handed over.
  await new Promise((resolve) => setTimeout(resolve, 300));
}

const linux = process.platform === "linux";

describe.runIf(linux).each(["1", "2"] as const)("GATEWAY_WORKERS=%s, a log that nobody reads", (workers) => {
  test.each(["pipe", "socket"] as const)(
    "%s: requests go on, and the drain ends in time, with 0",
    async (kind) => {
      const stdout = kind === "pipe" ? newPipe(`drain-${workers}`).writer : "unread";
      const { gateway, port } = await startOn(stdout, { GATEWAY_WORKERS: workers });
      await fill(port);
      expect((await ask(port, "/a/x", client())).status).toBe(200);
      const start = performance.now();
      gateway.child.kill("SIGTERM");
      expect(await gateway.ended).toEqual({ code: 0, signal: null });
      expect(performance.now() - start).toBeLessThan(drain + grace[workers]);
    },
  );

  test.each(["pipe", "socket"] as const)("%s: a second signal leaves at once", async (kind) => {
    const stdout = kind === "pipe" ? newPipe(`twice-${workers}`).writer : "unread";
    const { gateway, port } = await startOn(stdout, { GATEWAY_WORKERS: workers, GATEWAY_DRAIN_MS: "10000" });
    await fill(port);
    const slow = ask(port, "/a/slow", client()).catch(() => "cut");
    await new Promise((resolve) => setTimeout(resolve, 200));
    gateway.child.kill("SIGTERM");
    await new Promise((resolve) => setTimeout(resolve, 200));
    const start = performance.now();
    gateway.child.kill("SIGINT");
    expect(await gateway.ended).toEqual({ code: 130, signal: null });
    expect(performance.now() - start).toBeLessThan(800);
    expect(await slow).toBe("cut");
  });
});

test.runIf(linux)("a log that was not read for a while has whole lines, the last ones too", async () => {
  const { writer, reader } = newPipe("late-reader");
  const { gateway, port } = await startOn(writer, {});
  await fill(port);
  let text = "";
  gateway.child.kill("SIGTERM");
  const reading = setInterval(() => {
    text += contentOf(reader);
  }, 5);
  expect(await gateway.ended).toEqual({ code: 0, signal: null });
  clearInterval(reading);
  text += contentOf(reader);
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.filter(({ path }) => path?.startsWith("/a/"))).toHaveLength(480);
  expect(lines.slice(-2)).toMatchObject([{ event: "draining" }, { event: "stopped" }]);
});

describe("a crash", () => {
  const crashing = (how: string, stdout: number | "read" | "unread" = "read") =>
    startOn(stdout, {
      NODE_OPTIONS: `--import ${new URL("../support/crashes.mjs", import.meta.url)}`,
      CRASH: how,
    });

  test.each([
    ["error", "uncaughtException", "Error: crashed on purpose"],
    ["rejection", "unhandledRejection", "Error: crashed on purpose"],
    ["nothing", "uncaughtException", "undefined"],
  ])("%s: the log is whole and says why, standard error has the stack", async (how, origin, text) => {
    const { gateway, port } = await crashing(how);
    await gateway.event("listening");
    for (let i = 0; i < 20; i++) await ask(port, "/a/x", client());
    gateway.child.kill("SIGUSR2");
    expect(await gateway.exited).toEqual({ code: 1, signal: null });
    const { events } = gateway;
    expect(events.filter(({ path }) => path === "/a/x")).toHaveLength(20);
    expect(events.filter(({ event }) => event === "crashed")).toEqual([events.at(-1)]);
    expect(events.at(-1)).toMatchObject({ origin, stack: expect.stringContaining(text) });
    expect(gateway.stderr).toContain(text);
  });

  test.runIf(linux).each(["pipe", "socket"])(
    "with a %s that nobody reads: ends all the same",
    async (kind) => {
      const { gateway, port } = await crashing("error", kind === "pipe" ? newPipe("crash").writer : "unread");
      await fill(port);
      const start = performance.now();
      gateway.child.kill("SIGUSR2");
      expect(await gateway.ended).toEqual({ code: 1, signal: null });
      expect(performance.now() - start).toBeLessThan(1_800);
      gateway.child.stdout?.resume();
      await gateway.exited;
      expect(gateway.stderr).toContain("Error: crashed on purpose");
    },
  );
});

describe.each(["1", "2"] as const)("GATEWAY_WORKERS=%s", (workers) => {
  test("a collector of spans that does not answer: ended late, in order", async () => {
    const collector = createServer(() => {}).listen(0, "127.0.0.1");
    undo.push(() => collector.close());
    await once(collector, "listening");
    const { gateway, port } = await startOn("read", {
      GATEWAY_WORKERS: workers,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
    });
    expect((await ask(port, "/a/x", client())).status).toBe(200);
    const start = performance.now();
    gateway.child.kill("SIGTERM");
    expect(await gateway.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - start).toBeLessThan(drain + grace[workers]);
    expect(await gateway.event("ended-late")).toMatchObject({ drained: true });
  });

  test("a server that never closes: the drain ends without it", async () => {
    const { gateway, port } = await startOn("read", {
      GATEWAY_WORKERS: workers,
      NODE_OPTIONS: `--import ${new URL("../support/never-closes.mjs", import.meta.url)}`,
    });
    expect((await ask(port, "/a/x", client())).status).toBe(200);
    const start = performance.now();
    gateway.child.kill("SIGTERM");
    expect(await gateway.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - start).toBeLessThan(drain + grace[workers]);
  });

  test("a scraper that keeps its connection: ended in time", async () => {
    const metricsPort = await freePort();
    const { gateway } = await startOn("read", {
      GATEWAY_WORKERS: workers,
      GATEWAY_METRICS_PORT: String(metricsPort),
    });
    await gateway.event("listening");
    const scraper = client();
    undo.push(() => scraper.destroy());
    expect((await ask(metricsPort, "/metrics", scraper)).status).toBe(200);
    const start = performance.now();
    gateway.child.kill("SIGTERM");
    expect(await gateway.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - start).toBeLessThan(drain + grace[workers]);
  });
});
