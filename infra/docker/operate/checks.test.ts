import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Docker from "dockerode";
import { expect, test, vi } from "vitest";
import type { StateResource } from "../../operate/stack-state.ts";
import { checkEngine, checkHome } from "./checks.ts";

const volume = (name: string, more: Partial<StateResource> = {}): StateResource => ({
  urn: `urn:pulumi:prod::beat-ecoprove::docker:index/volume:Volume::${name}`,
  type: "docker:index/volume:Volume",
  id: `beat-prod-${name}`,
  ...more,
});

/** What is told of a stack on an engine that has these volumes of it. */
const told = async (there: readonly string[], resources: readonly StateResource[], labelled = true) => {
  let reads = 0;
  const engine = {
    listVolumes: async () => ({
      Volumes: [
        { Name: "beat-dev-redis-data", Labels: { "org.beat-ecoprove.stack": "beat-dev" } },
        ...there.map((Name) => ({
          Name,
          Labels: labelled ? { "org.beat-ecoprove.stack": "beat-prod" } : null,
        })),
      ],
    }),
  } as unknown as Docker;
  const check = await checkHome(engine, "beat-prod", "tcp://other:2376", async () => {
    reads += 1;
    return { resources, pending: [] };
  });
  return { ...check, reads };
};

test("an engine that has none of the stack's volumes is another one", async () => {
  expect(await told([], [volume("redis-data"), volume("mongo-data")])).toMatchObject({
    ok: false,
    problem: {
      path: "tcp://other:2376",
      message: expect.stringMatching(
        /^has none of the stack's volumes \(beat-prod-redis-data, beat-prod-mongo-data\): it was made on another engine/,
      ),
      fix: expect.stringMatching(
        /^name its engine .*pulumi stack rm prod --force --preserve-config, then \.\/beat up$/,
      ),
    },
  });
});

test("its own engine is known without the state; a new stack, and one that keeps only what it let go of, go anywhere", async () => {
  expect(await told(["beat-prod-redis-data"], [volume("redis-data")])).toMatchObject({ ok: true, reads: 0 });
  expect(await told(["beat-prod-redis-data"], [volume("redis-data")], false)).toMatchObject({ ok: true });
  expect(await told([], [])).toMatchObject({ ok: true });
  expect(await told([], [volume("backups", { retainOnDelete: true })])).toMatchObject({ ok: true });
});

test("what answers is told with its version, and Podman with what it needs", async () => {
  const told = async (name: string) => {
    const version = async () => ({ Version: "5.4.2", Components: [{ Name: name }] });
    return (await checkEngine({ version } as unknown as Docker, "unix:///e.sock")).detail;
  };
  expect(await told("Engine")).toBe("unix:///e.sock, version 5.4.2");
  expect(await told("Podman Engine")).toMatch(/^unix:\/\/\/e\.sock, version 5\.4\.2 of Podman, .*systemd/);
});

test("an engine that does not answer is told by what named it, and the mend changes that", async () => {
  const engine = { version: () => Promise.reject(new Error("no")) } as unknown as Docker;
  const problem = async (setting?: string) =>
    (await checkEngine(engine, "unix:///typo.sock", setting)).problem;
  vi.stubEnv("DOCKER_HOST", "unix:///typo.sock");
  expect(await problem("unix:///typo.sock")).toMatchObject({
    path: "unix:///typo.sock",
    message: "does not answer (no); platform:engine names it",
    fix: expect.stringMatching(/pulumi config set platform:engine .*pulumi config rm platform:engine/),
  });
  expect(await problem()).toMatchObject({
    message: expect.stringContaining("; DOCKER_HOST names it"),
    fix: expect.stringContaining("unset DOCKER_HOST"),
  });
  const home = mkdtempSync(join(tmpdir(), "beat-test-"));
  vi.stubEnv("DOCKER_HOST", "");
  vi.stubEnv("CONTAINER_TOOL", "");
  vi.stubEnv("DOCKER_CONFIG", home);
  vi.stubEnv("DOCKER_CONTEXT", "");
  expect((await problem())?.message).toBe("does not answer (no)");
  const meta = join(home, "contexts/meta", createHash("sha256").update("far").digest("hex"));
  mkdirSync(meta, { recursive: true });
  writeFileSync(
    join(meta, "meta.json"),
    JSON.stringify({ Endpoints: { docker: { Host: "unix:///typo.sock" } } }),
  );
  vi.stubEnv("DOCKER_CONTEXT", "far");
  expect(await problem()).toMatchObject({
    message: expect.stringContaining("; DOCKER_CONTEXT names it"),
    fix: expect.stringContaining("unset DOCKER_CONTEXT"),
  });
  vi.stubEnv("DOCKER_CONTEXT", "");
  writeFileSync(join(home, "config.json"), '{"currentContext":"far"}');
  expect(await problem()).toMatchObject({
    message: expect.stringContaining(`; ${join(home, "config.json")} names it`),
    fix: expect.stringContaining("docker context use <name>"),
  });
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});
