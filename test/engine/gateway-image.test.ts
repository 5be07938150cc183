import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { imageReference } from "../../config/catalogue.ts";
import { bundleGateway } from "../../infra/images/bundle.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const base = imageReference("node", { overrides: {} });
const run = promisify(execFile);
/** With the builder that the Docker provider uses. */
const docker = async (...args: string[]): Promise<string> =>
  (await run("docker", args, { env: { ...process.env, DOCKER_BUILDKIT: "0" } })).stdout.trim();

const missing = await docker("image", "inspect", base).then(
  () => undefined,
  () => `no container engine with the image ${base}`,
);
const own = `beat-gateway-image-test-${process.pid}`;
const hardened = ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"];

describe.skipIf(missing !== undefined)(`the gateway's image${missing ? `: ${missing}` : ""}`, () => {
  let context: string;
  const build = (tag: string, ...args: string[]) =>
    docker("build", "-q", "--build-arg", `BASE=${base}`, "-t", `${own}:${tag}`, ...args, context);
  const layers = (tag: string) =>
    docker("image", "inspect", `${own}:${tag}`, "--format", "{{json .RootFS.Layers}}");
  /** A container under the platform's restrictions; its upstream is whatever a test starts inside it. */
  const start = async (name: string) => {
    await docker("run", "-d", "--name", `${own}-${name}`, ...hardened, `${own}:first`);
    await expect
      .poll(() => docker("logs", `${own}-${name}`), { timeout: 10_000 })
      .toContain('"event":"listening"');
    return `${own}-${name}`;
  };

  beforeAll(async () => {
    context = mkdtempSync(join(tmpdir(), "gateway-image-"));
    writeFileSync(join(context, "Dockerfile"), readFileSync(join(root, "gateway/image/Dockerfile")));
    writeFileSync(join(context, "gateway.mjs"), await bundleGateway(root));
    const route = { name: "a", host: "127.0.0.1", port: 2000, prefix: "/a", strip_prefix: true };
    writeFileSync(join(context, "routes.json"), JSON.stringify({ services: [route] }));
    await build("first", "--no-cache");
  }, 120_000);
  afterAll(async () => {
    for (const name of ["probe", "drain"]) await docker("rm", "-f", `${own}-${name}`).catch(() => {});
    for (const tag of ["first", "again", "debug"]) await docker("rmi", "-f", `${own}:${tag}`).catch(() => {});
    rmSync(context, { recursive: true, force: true });
  });

  test("the same input gives the same layers, whenever it is built", { timeout: 120_000 }, async () => {
    for (const file of ["gateway.mjs", "routes.json"]) utimesSync(join(context, file), 1, 1);
    await build("again", "--no-cache");
    expect(await layers("again")).toBe(await layers("first"));
  });

  test("it says what it is, and is no root", async () => {
    const [image] = JSON.parse(await docker("image", "inspect", `${own}:first`));
    expect(image.Config).toMatchObject({
      User: "1000:1000",
      StopSignal: "SIGTERM",
      Healthcheck: { Test: ["CMD", "node", "/app/gateway.mjs", "health"] },
    });
    expect(Object.keys(image.Config.ExposedPorts)).toContain("9000/tcp");
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    expect(image.Config.Labels["org.opencontainers.image.version"]).toBe(version);
    expect(image.Size).toBeLessThan(130_000_000);
  });

  test("it has neither shell nor package manager; the debug variant has a shell", async () => {
    for (const tool of ["/bin/sh", "/bin/busybox", "/sbin/apk", "/usr/bin/apt-get", "/usr/local/bin/npm"])
      await expect(docker("run", "--rm", "--entrypoint", tool, `${own}:first`)).rejects.toThrow();
    await build("debug", "--target", "debug");
    expect(await docker("run", "--rm", "--entrypoint", "sh", `${own}:debug`, "-c", "id -u")).toBe("1000");
  }, 60_000);

  test("hardened, it starts and is probed from inside", { timeout: 60_000 }, async () => {
    const container = await start("probe");
    const probe = () => docker("exec", container, "node", "/app/gateway.mjs", "health");
    // Its only upstream is not there, so it is not ready; and it is once that listens.
    await expect(probe()).rejects.toThrow();
    const upstream = 'require("net").createServer((s) => s.destroy()).listen(2000)';
    await docker("exec", "-d", container, "node", "-e", upstream);
    await expect
      .poll(
        () =>
          probe().then(
            () => true,
            () => false,
          ),
        { timeout: 10_000 },
      )
      .toBe(true);
  });

  test("as PID 1 it finishes a request under way when it is stopped", { timeout: 60_000 }, async () => {
    const container = await start("drain");
    const upstream =
      'require("http").createServer((q, s) => setTimeout(() => s.end("done"), 3000)).listen(2000)';
    await docker("exec", "-d", container, "node", "-e", upstream);
    const call =
      'setTimeout(() => fetch("http://127.0.0.1:9000/a/x").then((r) => r.text()).then((t) => console.log(t)), 500)';
    const answer = docker("exec", container, "node", "-e", call).catch(() => "lost");
    await new Promise((resolve) => setTimeout(resolve, 1_800));
    const begin = performance.now();
    await docker("stop", "-t", "20", container);
    const took = performance.now() - begin;
    await answer;
    // PID 1 ends last: a container's other processes are killed with it, so its log is the witness.
    const log = await docker("logs", container);
    expect(log).toMatch(
      /"event":"draining"[\s\S]*"event":"request"[^\n]*"status":200[\s\S]*"event":"stopped"/,
    );
    expect(await docker("inspect", container, "--format", "{{.State.ExitCode}}")).toBe("0");
    expect(took).toBeGreaterThan(500);
    expect(took).toBeLessThan(10_000);
  });
});
