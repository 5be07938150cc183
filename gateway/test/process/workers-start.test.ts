import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ask, client, freePort, GatewayProcess } from "./gateway-process.ts";
import { ProcessSuite } from "./suite.ts";

const suite = new ProcessSuite(["up"]);

/** Processes that run the suite's gateway; one that has ended and was not collected yet has no command line. */
const running = (): string[] =>
  readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(suite.file);
    } catch {
      return false;
    }
  });

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);

/** Two workers that listen as a file in a folder says (bad-listen.mjs). */
async function launchBadly(how?: string) {
  const folder = mkdtempSync(join(suite.directory, "listen-"));
  if (how !== undefined) writeFileSync(join(folder, how), "");
  const port = await freePort();
  const gateway = new GatewayProcess(suite.file, [], {
    GATEWAY_ROUTES: suite.routes,
    PROXY_PORT: String(port),
    GATEWAY_WORKERS: "2",
    NODE_OPTIONS: `--import ${new URL("../support/bad-listen.mjs", import.meta.url)}`,
    BAD_LISTEN: folder,
  });
  return { gateway, port, file: (name: string) => join(folder, name) };
}

/** The same, once they serve. */
async function startBadly(how?: string) {
  const launched = await launchBadly(how);
  await launched.gateway.event("listening");
  return launched;
}

describe.runIf(process.platform === "linux")("workers at their start", () => {
  test("a metrics port that is taken ends the gateway and its workers with one line", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const gateway = new GatewayProcess(suite.file, [], {
      GATEWAY_ROUTES: suite.routes,
      PROXY_PORT: String(await freePort()),
      GATEWAY_METRICS_PORT: String(port),
      GATEWAY_WORKERS: "2",
      // Workers whose primary has gone would drain for so long.
      GATEWAY_DRAIN_DELAY_MS: "6000",
    });
    expect(await gateway.ended).toEqual({ code: 1, signal: null });
    expect(gateway.stderr).toMatch(/^gateway: GATEWAY_METRICS_PORT: [^\n]+\n$/);
    expect(gateway.events.filter(({ event }) => event === "listening")).toEqual([]);
    await expect.poll(running, { timeout: 3_000 }).toEqual([]);
    other.close();
  });

  test("that cannot listen end the gateway with one line, and none of them is left", async () => {
    const { gateway, port } = await launchBadly("refused");
    try {
      expect(await gateway.ended).toEqual({ code: 1, signal: null });
      expect(gateway.stderr).toBe(
        `gateway: PROXY_PORT: ${port} is taken: stop what listens there, or choose another port\n`,
      );
      await expect.poll(running, { timeout: 3_000 }).toEqual([]);
    } finally {
      await gateway.stop();
    }
  });

  test("one in another's place that cannot listen is told of and replaced in its turn", async () => {
    const { gateway, port, file } = await startBadly();
    try {
      const pid = gateway.child.pid as number;
      writeFileSync(file("refused"), "");
      process.kill(childrenOf(pid)[0] as number, "SIGKILL");
      expect(await gateway.event("worker-error", 1, 4_000)).toMatchObject({
        reason: expect.stringContaining(`PROXY_PORT: ${port} is taken`),
      });
      await gateway.event("worker-died", 2);
      rmSync(file("refused"));
      await expect.poll(() => childrenOf(pid).length, { timeout: 4_000 }).toBe(2);
      for (let i = 0; i < 6; i++) expect((await ask(port, "/a/x", client())).status).toBe(200);
    } finally {
      await gateway.stop();
    }
  });

  test("the gateway says that it listens when all of them do, not when one has done so twice", async () => {
    const { gateway, port, file } = await startBadly("uneven");
    try {
      expect(existsSync(file("late"))).toBe(true);
      expect(gateway.events.filter(({ event }) => event === "worker-died")).toHaveLength(1);
      expect((await ask(port, "/a/x", client())).status).toBe(200);
    } finally {
      await gateway.stop();
    }
  });
});

describe.runIf(process.platform === "linux")("workers at their end", () => {
  test("one that ends with requests under way makes the gateway's end a bad one", async () => {
    const { gateway, port } = await suite.start({ GATEWAY_WORKERS: "2", GATEWAY_DRAIN_DELAY_MS: "0" });
    const slow = ask(port, "/a/slow", client()).catch(() => "cut");
    await new Promise((resolve) => setTimeout(resolve, 300));
    const workers = childrenOf(gateway.child.pid as number);
    gateway.child.kill("SIGTERM");
    await gateway.event("draining");
    // The other one may have ended already.
    for (const pid of workers)
      try {
        process.kill(pid, "SIGKILL");
      } catch {}
    expect(await slow).toBe("cut");
    expect(await gateway.exited).toEqual({ code: 1, signal: null });
    expect(gateway.events.filter(({ event }) => event === "stopped")).toEqual([]);
  });
});
