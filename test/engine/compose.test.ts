import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, describe, expect, test } from "vitest";
import { composeOf, writeCompose } from "../../cli/render/compose.ts";
import type { PlatformModel } from "../../config/define/model.ts";
import { secretNames } from "../../config/environment.ts";
import { platform as realPlatform } from "../../config/platform.ts";
import { parseSettings } from "../../config/settings/parse.ts";
import { stackName } from "../../core/names.ts";
import { engineAddress, openEngine } from "../../infra/docker/operate/engine.ts";
import { register } from "../../infra/graph/register.ts";
import { makePassword } from "../../infra/secrets/values.ts";
import { program } from "../../stacks/program.ts";
import { signUp } from "./journey.ts";
import { imagesOfStack, missingForEngine } from "./requirements.ts";

const platform: PlatformModel = realPlatform;
const stack = `test-compose-${process.pid}`;
const project = stackName(platform.name, stack);
const base = "http://localhost:19100";
const config = {
  "platform:source": "sample",
  "platform:devTools": "true",
  "platform:environment": "Development",
  "platform:ports": JSON.stringify({
    gateway: 19100,
    postgres: 15532,
    mongo: 37117,
    redis: 16479,
    kafka: 19194,
    mongoExpress: 18181,
  }),
};
const names = secretNames(platform, parseSettings(config));
/** Given, so that both ways have the same ones. */
const secrets = Object.fromEntries(names.map((name) => [name, makePassword()]));
const given = { ...config, "platform:secrets": JSON.stringify(secrets) };
const folder = mkdtempSync(join(tmpdir(), "beat-compose-"));
const source = { config: given, kept: new Map<string, string>(), placeholders: ["signing-key"] };
const compose = (...args: readonly string[]) =>
  execa("docker", ["compose", "--env-file", ".env", "--env-file", "secrets.env", ...args], { cwd: folder });

const missing =
  (await missingForEngine(imagesOfStack({ devTools: true }))) ??
  (await execa("docker", ["compose", "version"]).then(
    () => undefined,
    () => "Docker Compose is not installed",
  ));

interface Inspected {
  readonly Id: string;
  readonly Config: { readonly Env: readonly string[]; readonly Labels: Readonly<Record<string, string>> };
}

/** The containers of the project, by the workload they run. */
async function containers(): Promise<Map<string, Inspected>> {
  const engine = openEngine(engineAddress());
  const filters = { label: [`com.docker.compose.project=${project}`] };
  const all = await engine.listContainers({ all: true, filters });
  const found = await Promise.all(
    all.map(async ({ Id }) => (await engine.getContainer(Id).inspect()) as unknown as Inspected),
  );
  return new Map(
    found.map((container) => [container.Config.Labels["org.beat-ecoprove.component"] ?? "", container]),
  );
}

/** The ids of the containers, by workload. */
const ids = async () => new Map([...(await containers())].map(([name, { Id }]) => [name, Id]));
/** The workloads whose container is another one. */
const changed = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] =>
  [...after].flatMap(([name, id]) => (before.get(name) === id ? [] : [name])).sort();

// The tests of this file tell one story and depend on one another's order.
describe("a stack as a Compose project, on a real engine", { timeout: 300_000 }, () => {
  afterAll(async () => {
    if (missing === undefined) await compose("down", "--volumes", "--rmi", "local", "--timeout", "5");
    rmSync(folder, { recursive: true });
  }, 120_000);
  const story = (name: string, body: () => Promise<void>) =>
    test(name, async ({ skip }) => {
      if (missing !== undefined) skip(missing);
      await body();
    });

  story("comes up with `docker compose up --wait`, and a sign-up goes through it", async () => {
    await writeCompose(folder, await composeOf(stack, given), source, true);
    await compose("up", "--build", "--wait");
    await signUp({ fetch: (path, init) => fetch(`${base}${path}`, init) });
  });

  story("gives each container the environment that Pulumi gives it", async () => {
    const graph = await register(stack, given, program);
    const wanted = new Map(
      graph
        .filter(({ type }) => type === "docker:index/container:Container")
        .map(({ name, inputs }) => [name, inputs.envs as readonly string[]]),
    );
    const running = await containers();
    expect([...running.keys()].sort()).toEqual([...wanted.keys()].sort());
    for (const [name, container] of running) {
      const { Env: all } = container.Config;
      for (const line of wanted.get(name) ?? [])
        expect(all.includes(line), `${name} has ${line.slice(0, line.indexOf("="))}`).toBe(true);
    }
  });

  story("changes nothing the second time", async () => {
    const before = await ids();
    await compose("up", "--build", "--wait");
    expect(changed(before, await ids())).toEqual([]);
  });

  story("makes anew what a change of the broker concerns, and leaves the rest alone", async () => {
    const before = await ids();
    const other = { ...given, "platform:transform": "test/engine/more-memory.ts" };
    await writeCompose(folder, await composeOf(stack, other), source, true);
    await compose("up", "--build", "--wait");
    // Their consumers would end for good with the broker they know.
    expect(changed(before, await ids())).toEqual([
      "auth-service",
      "kafka-b",
      "messaging-service",
      "provision-kafka",
    ]);
    await signUp({ fetch: (path, init) => fetch(`${base}${path}`, init) });
  });

  story("has its secrets in secrets.env alone", async () => {
    for (const file of ["compose.yaml", ".env"]) {
      const text = readFileSync(join(folder, file), "utf8");
      for (const [name, value] of Object.entries(secrets))
        expect(text.includes(value), `${name} in ${file}`).toBe(false);
      expect(text).not.toContain("PRIVATE KEY");
    }
  });
});
