import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { certificatesFor, engineAddress, engineEnvironment } from "./address.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "beat-engine-"));
  for (const name of [
    "DOCKER_HOST",
    "DOCKER_CONTEXT",
    "DOCKER_CERT_PATH",
    "DOCKER_TLS_VERIFY",
    "CONTAINER_TOOL",
  ])
    vi.stubEnv(name, "");
  vi.stubEnv("HOME", home);
  vi.stubEnv("DOCKER_CONFIG", join(home, ".docker"));
  vi.stubEnv("XDG_RUNTIME_DIR", join(home, "run"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

/** Writes a context as Docker's own command line keeps it. */
function context(name: string, host: string, tls = false): void {
  const id = createHash("sha256").update(name).digest("hex");
  const meta = join(home, ".docker/contexts/meta", id);
  mkdirSync(meta, { recursive: true });
  writeFileSync(
    join(meta, "meta.json"),
    JSON.stringify({ Name: name, Endpoints: { docker: { Host: host } } }),
  );
  if (tls) mkdirSync(join(home, ".docker/contexts/tls", id, "docker"), { recursive: true });
}
const choose = (name: string) => {
  mkdirSync(join(home, ".docker"), { recursive: true });
  writeFileSync(join(home, ".docker/config.json"), JSON.stringify({ currentContext: name }));
};

test("the chosen context is taken, DOCKER_CONTEXT before it, DOCKER_HOST before both", () => {
  context("colima", "unix:///colima.sock");
  context("remote", "ssh://me@build.example");
  choose("colima");
  expect(engineAddress()).toBe("unix:///colima.sock");
  vi.stubEnv("DOCKER_CONTEXT", "remote");
  expect(engineAddress()).toBe("ssh://me@build.example");
  expect(engineEnvironment(engineAddress())).toEqual({
    DOCKER_HOST: "ssh://me@build.example",
    DOCKER_CONTEXT: "",
  });
  vi.stubEnv("DOCKER_HOST", "10.0.0.7:2375");
  expect(engineAddress()).toBe("tcp://10.0.0.7:2375");
});

test("the default context is the usual socket, also with settings that cannot be read", () => {
  choose("default");
  const usual = engineAddress();
  writeFileSync(join(home, ".docker/config.json"), "{");
  expect(engineAddress()).toBe(usual);
});

test("a context that is gone is named with what chose it", () => {
  choose("gone");
  expect(() => engineAddress()).toThrow(/config\.json.*"gone", which is not there/s);
  vi.stubEnv("DOCKER_CONTEXT", "other");
  expect(() => engineAddress()).toThrow(/DOCKER_CONTEXT.*"other"/s);
});

test("a rootless engine's socket is found; with CONTAINER_TOOL=podman Podman's comes before a context", () => {
  mkdirSync(join(home, "run/podman"), { recursive: true });
  writeFileSync(join(home, "run/podman/podman.sock"), "");
  context("colima", "unix:///colima.sock");
  choose("colima");
  expect(engineAddress()).toBe("unix:///colima.sock");
  vi.stubEnv("CONTAINER_TOOL", "podman");
  expect(engineAddress()).toBe(`unix://${home}/run/podman/podman.sock`);
});

test("certificates are those of the variables, or of the context that the address is from", () => {
  context("vm", "tcp://vm.example:2376", true);
  choose("vm");
  const folder = certificatesFor("tcp://vm.example:2376");
  expect(folder).toMatch(/contexts\/tls\/[0-9a-f]{64}\/docker$/);
  expect(certificatesFor("tcp://other.example:2376")).toBeUndefined();
  expect(certificatesFor("unix:///x.sock")).toBeUndefined();
  expect(engineEnvironment("tcp://vm.example:2376")).toEqual({
    DOCKER_HOST: "tcp://vm.example:2376",
    DOCKER_TLS_VERIFY: "1",
    DOCKER_CERT_PATH: folder,
  });
  vi.stubEnv("DOCKER_TLS_VERIFY", "1");
  expect(certificatesFor("tcp://other.example:2376")).toBe(join(home, ".docker"));
  vi.stubEnv("DOCKER_CERT_PATH", "/certificates");
  expect(certificatesFor("tcp://vm.example:2376")).toBe("/certificates");
});
