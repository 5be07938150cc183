import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { projectRoot } from "../../stacks/program.ts";
import { startRegistry } from "../engine/registry.ts";
import { missingForEngine } from "../engine/requirements.ts";

// Its images are those of a registry of its own.
const missing = await missingForEngine([]);
const name = `test-images-${process.pid}`;
const home = mkdtempSync(join(tmpdir(), "beat-test-"));
const file = join(projectRoot, `Pulumi.${name}.yaml`);
const pin = () =>
  execa(process.execPath, [join(projectRoot, "cli/main.ts"), "images", "pin", "--stack", name, "--json"], {
    reject: false,
    stdin: "ignore",
    env: { PULUMI_BACKEND_URL: `file://${home}`, PULUMI_CONFIG_PASSPHRASE: "test" },
  });

describe("beat images pin, on a real engine before a registry", { timeout: 120_000 }, () => {
  const cases = (what: string, body: () => Promise<void>) =>
    test(what, async ({ skip }) => {
      if (missing !== undefined) skip(missing);
      await body();
    });
  const registry = startRegistry();
  const configure = async (core: string) => {
    const { address } = await registry;
    writeFileSync(
      file,
      [
        "config:",
        "  # pinned by beat images pin",
        `  platform:images: { mirror: "${address}/mirror" }`,
        "  platform:services:",
        ...["auth", "messaging"].map(
          (service) => `    ${service}-service: { source: { image: "${address}/beat/${service}:1.0.0" } }`,
        ),
        `    core-service: { source: { image: "${address}/beat/${core}:1.0.0" } }`,
        "",
      ].join("\n"),
    );
  };

  beforeAll(() => configure("core"));
  afterAll(async () => {
    (await registry).stop();
    rmSync(home, { recursive: true });
    rmSync(file, { force: true });
  });

  cases("writes the digests that the registry names", async () => {
    const { stderr, exitCode } = await pin();
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
    const { address, digestOf } = await registry;
    const { config } = parse(readFileSync(file, "utf8")) as { config: Record<string, Json> };
    expect(config["platform:images"].overrides.redis.digest).toBe(digestOf("mirror/redis"));
    expect(config["platform:images"].overrides.kafka.digest).toBe(digestOf("mirror/apache/kafka"));
    expect(config["platform:services"]["core-service"].source.image).toBe(
      `${address}/beat/core:1.0.0@${digestOf("beat/core")}`,
    );
    expect(readFileSync(file, "utf8")).toContain("# pinned by beat images pin");
  });

  cases("changes nothing the second time", async () => {
    const before = readFileSync(file, "utf8");
    const { stdout } = await pin();
    expect((JSON.parse(stdout) as { already: boolean }[]).every(({ already }) => already)).toBe(true);
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  cases("writes nothing when one image is in no registry, and names it", async () => {
    await configure("nowhere");
    const before = readFileSync(file, "utf8");
    const { stderr, exitCode } = await pin();
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(
      /platform:services\.core-service\.source: no registry says what .*\/beat\/nowhere:1\.0\.0 is/,
    );
    expect(stderr).toMatch(/fix: check the reference, the network and docker login/);
    expect(readFileSync(file, "utf8").replace(/^encryptionsalt.*\n/m, "")).toBe(
      before.replace(/^encryptionsalt.*\n/m, ""),
    );
  });
});

/** Settings as they stand in the file. */
// biome-ignore lint/suspicious/noExplicitAny: the file is YAML, and a wrong shape fails the test
type Json = any;
