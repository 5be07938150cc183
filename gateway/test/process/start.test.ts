import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ask, client, freePort, GatewayProcess, tableTo } from "./gateway-process.ts";
import { ProcessSuite } from "./suite.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const suite = new ProcessSuite(["up"]);

const run = async (args: readonly string[], env: Record<string, string>) => {
  const gateway = new GatewayProcess(suite.file, args, env);
  const { code } = await gateway.exited;
  return { code, stderr: gateway.stderr, stdout: gateway.stdout };
};

describe("a bad setting stops the start with one line", () => {
  test.each([
    ["PROXY_PORT", "http"],
    ["PROXY_PORT", "65536"],
    ["PROXY_PORT", "-1"],
    ["PROXY_HOST", ""],
    ["GATEWAY_WORKERS", "0"],
    ["GATEWAY_WORKERS", "two"],
    ["GATEWAY_WORKERS", "257"],
    ["GATEWAY_CONNECT_TIMEOUT_MS", "3s"],
    ["GATEWAY_HEADERS_TIMEOUT_MS", "0"],
    ["GATEWAY_BODY_TIMEOUT_MS", "1.5"],
    ["GATEWAY_RESPONSE_TIMEOUT_MS", "1e3"],
    ["GATEWAY_TUNNEL_IDLE_MS", " "],
    ["GATEWAY_TUNNEL_HALF_CLOSED_MS", "0"],
    ["GATEWAY_DRAIN_MS", "99999999999"],
    ["GATEWAY_DRAIN_DELAY_MS", "-1"],
    ["GATEWAY_CLIENT_IDLE_MS", "0"],
    ["GATEWAY_MAX_CONNECTIONS", "many"],
    ["GATEWAY_MAX_HEADER_BYTES", "100"],
    ["GATEWAY_MAX_BODY_BYTES", "10MB"],
    ["GATEWAY_TRUSTED_PROXIES", "10.0.0.0/33"],
    ["GATEWAY_TRUSTED_PROXIES", "proxy.internal"],
  ])("%s=%s", async (name, value) => {
    const { code, stderr, stdout } = await run([], { GATEWAY_ROUTES: suite.routes, [name]: value });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^gateway: [^\n]+\n$/);
    expect(stderr).toContain(`${name}: `);
    if (value.trim() !== "") expect(stderr).toContain(`"${value}"`);
    expect(stdout).toBe("");
  });
});

test("a misspelt setting stops the start with one line that names the right one", async () => {
  const { code, stderr } = await run([], { GATEWAY_ROUTES: suite.routes, GATEWAY_MAX_HEADER: "100" });
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: "gateway: GATEWAY_MAX_HEADER: is no setting: write GATEWAY_MAX_HEADERS, or unset it\n",
  });
});

describe("a bad routing table stops the start with one line", () => {
  const bad: [string, string, string][] = [
    ["not JSON", '{\n "services": [\n', "is not JSON"],
    ["empty", "", "is not JSON"],
    ["no services", "{}", "services: is missing"],
    ["a port out of range", tableTo(70_000, "/a"), "services[0].port: 70000: must be a whole number"],
    ["a prefix without slash", tableTo(1, "a"), 'services[0].prefix: "a": must be an absolute path'],
  ];
  test.each(bad)("%s", async (name, text, expected) => {
    const file = join(suite.directory, `${name.replaceAll(" ", "-")}.json`);
    writeFileSync(file, text);
    for (const [command, workers] of [
      ["serve", "1"],
      ["serve", "2"],
      ["check", "1"],
    ] as const) {
      const { code, stderr } = await run([command], { GATEWAY_ROUTES: file, GATEWAY_WORKERS: workers });
      expect(code).toBe(2);
      expect(stderr).toMatch(/^gateway: GATEWAY_ROUTES: [^\n]+\n$/);
      expect(stderr).toContain(file);
      expect(stderr).toContain(expected);
    }
  });
  test("a file that is not there, or is a directory", async () => {
    const absent = await run([], { GATEWAY_ROUTES: join(suite.directory, "absent.json") });
    expect(absent).toMatchObject({ code: 2, stderr: expect.stringMatching(/does not exist: give the path/) });
    mkdirSync(join(suite.directory, "folder"), { recursive: true });
    const folder = await run([], { GATEWAY_ROUTES: join(suite.directory, "folder") });
    expect(folder).toMatchObject({ code: 2, stderr: expect.stringMatching(/is a directory/) });
  });
  test("a file that may not be read", async ({ skip }) => {
    skip(process.getuid?.() === 0, "root may read every file");
    const file = join(suite.directory, "closed.json");
    writeFileSync(file, "{}");
    chmodSync(file, 0);
    expect(await run([], { GATEWAY_ROUTES: file })).toMatchObject({ code: 2 });
  });
});

describe("an address that cannot be had", () => {
  test.each(["1", "2"])("a taken port, %s workers", async (workers) => {
    const holder = createServer().listen(0, "127.0.0.1");
    await once(holder, "listening");
    const { port } = holder.address() as { port: number };
    const { code, stderr } = await run([], {
      GATEWAY_ROUTES: suite.routes,
      PROXY_PORT: String(port),
      GATEWAY_WORKERS: workers,
    });
    holder.close();
    expect(code).toBe(1);
    expect(stderr).toBe(
      `gateway: PROXY_PORT: ${port} is taken: stop what listens there, or choose another port\n`,
    );
  });
  test("a host that is no address of this machine", async () => {
    // RFC 5737: for documentation, assigned to nobody.
    const { code, stderr } = await run([], {
      GATEWAY_ROUTES: suite.routes,
      PROXY_HOST: "192.0.2.1",
      PROXY_PORT: "0",
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^gateway: PROXY_HOST: "192\.0\.2\.1": [^\n]+\n$/);
  });
});

// A named pipe holds the start where the table is read, for as long as nobody writes one.
test.runIf(process.platform !== "win32")("a stop while it starts is no crash", async () => {
  for (const workers of ["1", "2"]) {
    const table = join(suite.directory, `pipe-${workers}.json`);
    execFileSync("mkfifo", [table]);
    const env = { GATEWAY_ROUTES: table, PROXY_PORT: String(await freePort()), GATEWAY_WORKERS: workers };
    const gateway = new GatewayProcess(suite.file, [], env);
    const pipe = await open(table, "w");
    gateway.child.kill("SIGTERM");
    await pause(100);
    await pipe.writeFile(suite.table("up"));
    await pipe.close();
    expect(await gateway.exited, `workers: ${workers}`).toEqual({ code: 0, signal: null });
    expect(gateway.stderr).toBe("");
  }
});

test("a real Node that is too old ends with the same line", async ({ skip }) => {
  const node = "/usr/bin/node";
  const known = existsSync(node) && execFileSync(node, ["--version"], { encoding: "utf8" }).trim();
  skip(!known || !/^v(?:18|20)\./.test(known), `${node} is no Node 18 or 20`);
  const { status, stderr } = spawnSync(node, [suite.file], { encoding: "utf8" });
  expect(stderr).toMatch(/^gateway: Node v[^\n]+ or newer\n$/);
  expect(status).toBe(1);
});

describe("a Node that does not ask before it hands over an Upgrade", () => {
  test.each(["serve", "check", "health", "worker"])("%s ends with one line", async (command) => {
    const NODE_OPTIONS = `--import ${new URL("../support/older-node.mjs", import.meta.url)}`;
    expect(await run([command], { GATEWAY_ROUTES: suite.routes, NODE_OPTIONS })).toEqual({
      code: 1,
      stderr: `gateway: Node ${process.version} hands every Upgrade to the gateway unasked: use Node.js 22.21, 24.9 or newer\n`,
      stdout: "",
    });
  });
});

test("unknown commands and a worker without a primary are refused", async () => {
  expect(await run(["sevre"], {})).toMatchObject({ code: 2, stderr: expect.stringContaining('"sevre"') });
  expect(await run(["worker"], {})).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("GATEWAY_WORKERS"),
  });
});

test("check accepts a valid table", async () => {
  expect(await run(["check"], { GATEWAY_ROUTES: suite.routes })).toEqual({
    code: 0,
    stderr: "",
    stdout: "the routing table is valid: 1 routes\n",
  });
});

describe.each(["1", "2"])("with GATEWAY_WORKERS=%s", (workers) => {
  test("starts from three variables, probes healthy, drains on SIGTERM, and is unhealthy once gone", async () => {
    const { gateway, port } = await suite.start({ GATEWAY_WORKERS: workers });
    const env = { GATEWAY_ROUTES: suite.routes, PROXY_PORT: String(port) };
    const agent = client();
    try {
      expect(await ask(port, "/a/x", agent)).toEqual({ status: 200, body: "up" });
      expect((await run(["health"], env)).code).toBe(0);
      const slow = ask(port, "/a/slow", agent);
      await pause(500);
      gateway.child.kill("SIGTERM");
      await gateway.event("draining");
      // The delay: not ready, and yet whoever comes is served.
      await expect.poll(async () => (await ask(port, "/_gateway/ready", client())).status).toBe(503);
      expect(await ask(port, "/a/x", client())).toEqual({ status: 200, body: "up" });
      await expect
        .poll(() => ask(port, "/a/x", client()).catch((error: Error) => error.message), { timeout: 3_000 })
        .toContain("ECONNREFUSED");
      expect(await slow).toEqual({ status: 200, body: "up" });
      expect(await gateway.exited).toEqual({ code: 0, signal: null });
      expect((await run(["health"], env)).code).toBe(1);
    } finally {
      await gateway.stop();
    }
  });

  test("the drain ends with GATEWAY_DRAIN_MS", async () => {
    const { gateway, port } = await suite.start({ GATEWAY_WORKERS: workers, GATEWAY_DRAIN_MS: "300" });
    try {
      const cut = ask(port, "/a/slow", client()).catch(() => "cut");
      await pause(300);
      const start = performance.now();
      gateway.child.kill("SIGTERM");
      expect(await gateway.exited).toEqual({ code: 0, signal: null });
      expect(performance.now() - start).toBeLessThan(1_100);
      // Told, not only hung up on.
      expect(await cut).toMatchObject({ status: 503 });
    } finally {
      await gateway.stop();
    }
  });

  test("a second signal leaves at once", async () => {
    const { gateway, port } = await suite.start({ GATEWAY_WORKERS: workers });
    try {
      const cut = ask(port, "/a/slow", client()).catch(() => "cut");
      await pause(300);
      const start = performance.now();
      gateway.child.kill("SIGTERM");
      await gateway.event("draining");
      gateway.child.kill("SIGINT");
      expect(await gateway.exited).toEqual({ code: 130, signal: null });
      expect(performance.now() - start).toBeLessThan(700);
      expect(await cut).toBe("cut");
    } finally {
      await gateway.stop();
    }
  });
});
