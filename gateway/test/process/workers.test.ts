import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ask, client, freePort, GatewayProcess } from "./gateway-process.ts";
import { ProcessSuite } from "./suite.ts";

const suite = new ProcessSuite(["up"]);
const start = (workers: string, env: Record<string, string> = {}) =>
  suite.start({ GATEWAY_WORKERS: workers, ...env });

/** The children of a process; Linux keeps them under its main thread. */
const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
const linux = process.platform === "linux";

test.runIf(linux)("a worker that dies takes only its own connections, and is replaced", async () => {
  const { gateway, port } = await start("2");
  const pid = gateway.child.pid as number;
  const clients = Array.from({ length: 10 }, client);
  try {
    for (const agent of clients) expect((await ask(port, "/a/x", agent)).status).toBe(200);
    const sockets = clients.map((agent) => Object.values(agent.freeSockets)[0]?.[0]);
    const victim = childrenOf(pid)[0] as number;
    process.kill(victim, "SIGKILL");
    expect(await gateway.event("worker-died")).toMatchObject({ signal: "SIGKILL", restart_in_ms: 100 });
    // Its five are closed, the other five are the same connections as before and answer.
    await expect.poll(() => sockets.filter((socket) => socket?.destroyed).length).toBe(5);
    for (const [i, agent] of clients.entries()) {
      const kept = sockets[i];
      expect((await ask(port, "/a/x", agent)).status).toBe(200);
      if (kept?.destroyed === false) expect(Object.values(agent.freeSockets)[0]?.[0]).toBe(kept);
    }
    await expect.poll(() => childrenOf(pid).length).toBe(2);
    expect(childrenOf(pid)).not.toContain(victim);
    // The new worker serves what the primary holds.
    for (let i = 0; i < 4; i++) expect((await ask(port, "/a/x", client())).status).toBe(200);
  } finally {
    await gateway.stop();
  }
});

test.runIf(linux)("workers have the flags that the gateway was started with", async () => {
  const flag = "--max-semi-space-size=4";
  const gateway = new GatewayProcess(flag, [suite.file], {
    GATEWAY_ROUTES: suite.routes,
    PROXY_PORT: String(await freePort()),
    GATEWAY_WORKERS: "2",
  });
  try {
    await gateway.event("listening");
    for (const pid of childrenOf(gateway.child.pid as number))
      expect(readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")).toContain(flag);
  } finally {
    await gateway.stop();
  }
});

test.runIf(linux)("a worker that keeps dying at its start ends the gateway, loudly", async () => {
  const { gateway } = await start("2", { GATEWAY_DRAIN_MS: "500" });
  const pid = gateway.child.pid as number;
  const survivor = childrenOf(pid)[1];
  const killer = setInterval(() => {
    try {
      for (const child of childrenOf(pid)) if (child !== survivor) process.kill(child, "SIGKILL");
    } catch {
      // Gone meanwhile.
    }
  }, 20);
  try {
    expect(await gateway.exited).toEqual({ code: 1, signal: null });
    expect(gateway.stderr).toMatch(/^gateway: worker 1 died 5 times in a row[^\n]+: stopping\n$/);
    const waits = gateway.events.filter(({ event }) => event === "worker-died").map((e) => e.restart_in_ms);
    expect(waits).toEqual([100, 200, 400, 800, undefined]);
  } finally {
    clearInterval(killer);
    await gateway.stop();
  }
});

test.runIf(linux)("workers finish what is under way when their primary is killed, then leave", async () => {
  const { gateway, port } = await start("2");
  const workers = childrenOf(gateway.child.pid as number);
  const slow = ask(port, "/a/slow", client());
  await new Promise((resolve) => setTimeout(resolve, 300));
  gateway.child.kill("SIGKILL");
  expect(await slow).toEqual({ status: 200, body: "up" });
  // A process that ended but was not collected yet by its new parent is a zombie: gone all the same.
  const alive = () =>
    workers.filter((pid) => {
      try {
        return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
      } catch {
        return false;
      }
    });
  await expect.poll(alive, { timeout: 5_000 }).toEqual([]);
});

test("a signal to the whole group, as a terminal sends it, drains", async () => {
  const { gateway, port } = await start("2");
  const slow = ask(port, "/a/slow", client());
  await new Promise((resolve) => setTimeout(resolve, 300));
  for (const pid of linux ? childrenOf(gateway.child.pid as number) : []) process.kill(pid, "SIGINT");
  gateway.child.kill("SIGINT");
  expect(await slow).toEqual({ status: 200, body: "up" });
  expect(await gateway.exited).toEqual({ code: 0, signal: null });
});

test("log lines of several workers stay whole", async () => {
  const { gateway, port } = await start("3");
  try {
    const long = "x".repeat(700);
    await Promise.all(
      Array.from({ length: 12 }, async () => {
        const agent = client();
        for (let i = 0; i < 100; i++) await ask(port, `/a/${long}`, agent);
        agent.destroy();
      }),
    );
    gateway.child.kill("SIGTERM");
    await gateway.exited;
    // `events` parses every line.
    expect(gateway.events.filter(({ event }) => event === "request")).toHaveLength(1_200);
  } finally {
    await gateway.stop();
  }
});

test.runIf(linux)("metrics are those of all processes, and totals outlive a worker", async () => {
  const metricsPort = await freePort();
  const { gateway, port } = await start("2", { GATEWAY_METRICS_PORT: String(metricsPort) });
  /** The sum over all series of a family. */
  const total = async (family: string, label = "") => {
    const { body } = await ask(metricsPort, "/metrics", client());
    return body
      .split("\n")
      .filter((line) => line.startsWith(`${family}{`) && line.includes(label))
      .reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
  };
  try {
    // Ten connections, in turn: five at each worker.
    for (let i = 0; i < 10; i++) await ask(port, "/a/x", client());
    expect(await total("gateway_requests_total")).toBe(10);
    process.kill(childrenOf(gateway.child.pid as number)[0] as number, "SIGKILL");
    await gateway.event("worker-died");
    expect(await total("gateway_requests_total")).toBe(10);
    await expect.poll(() => childrenOf(gateway.child.pid as number).length).toBe(2);
    for (let i = 0; i < 10; i++) await ask(port, "/a/x", client());
    expect(await total("gateway_requests_total")).toBe(20);

    writeFileSync(suite.routes, "{");
    gateway.child.kill("SIGHUP");
    await gateway.event("routes-kept");
    expect(await total("gateway_route_reloads_total", '"failed"')).toBe(1);
  } finally {
    writeFileSync(suite.routes, suite.table("up"));
    await gateway.stop();
  }
});
