import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EngineEvent, LocalWorkspace, type Stack } from "@pulumi/pulumi/automation/index.js";
import { execa } from "execa";
import { findPulumi, stateOf } from "../../cli/workspace.ts";
import type { PlatformModel } from "../../config/define/model.ts";
import { platform as realPlatform } from "../../config/platform.ts";
import type { DockerSettings } from "../../config/settings/schema.ts";
import { stackName } from "../../core/names.ts";
import { DockerPlatform } from "../../infra/docker/deploy/docker-platform.ts";
import { engineAddress, engineEnvironment, openEngine } from "../../infra/docker/operate/engine.ts";
import { settledOn } from "../../infra/docker/operate/settled.ts";
import { traitsOf } from "../../infra/engine/traits.ts";
import type { StackState } from "../../infra/operate/stack-state.ts";
import { projectRoot } from "../../stacks/program.ts";
import { dockerSettings } from "../settings.ts";

/** The real definition without its literal types, to be varied by tests. */
export const basePlatform: PlatformModel = realPlatform;

/** Which resources a run created, replaced, updated or deleted; the rest was left alone. */
export type Changes = Readonly<Record<string, readonly string[]>>;

/** A stack of its own on this machine's engine, with ports of its own and its state in a temporary folder. */
export class TestStack {
  readonly name = `test-${process.pid}`;
  readonly engine = openEngine(engineAddress());
  readonly prefix = stackName(basePlatform.name, this.name);
  readonly base = "http://localhost:19000";
  platform: PlatformModel = basePlatform;
  settings: DockerSettings = dockerSettings({
    "platform:source": "sample",
    "platform:devTools": "true",
    "platform:environment": "Development",
    "platform:ports": JSON.stringify({
      gateway: 19000,
      postgres: 15432,
      mongo: 37017,
      redis: 16379,
      kafka: 19094,
      mongoExpress: 18081,
    }),
  });
  readonly #home = mkdtempSync(join(tmpdir(), "beat-test-"));
  readonly #env = {
    PULUMI_BACKEND_URL: `file://${this.#home}`,
    PULUMI_CONFIG_PASSPHRASE: "test",
    ...engineEnvironment(engineAddress()),
  };
  #stack: Stack | undefined;
  /** Whether nothing of it is left. */
  destroyed = false;

  async #open(): Promise<Stack> {
    this.#stack ??= await LocalWorkspace.createOrSelectStack(
      {
        stackName: this.name,
        projectName: "beat-ecoprove",
        program: async () => {
          new DockerPlatform(this.platform.name, {
            platform: this.platform,
            settings: this.settings,
            stack: this.name,
            root: projectRoot,
            engine: await traitsOf(undefined),
            state: (await this.#state()).resources,
          });
        },
      },
      { workDir: projectRoot, envVars: this.#env, pulumiCommand: await findPulumi(false) },
    );
    return this.#stack;
  }

  /** Runs `up` and returns what it changed, by operation. */
  async up(options: { readonly refresh?: boolean } = {}): Promise<Changes> {
    const changes: Record<string, string[]> = {};
    const output: string[] = [];
    const settled = options.refresh ? await settledOn(this.engine, this.prefix, await this.#state()) : [];
    // As `beat up` does it.
    if (settled !== undefined && options.refresh)
      await (await this.#open()).refresh({ exclude: [...settled] });
    await (await this.#open()).up({
      refresh: settled === undefined,
      onOutput: (text) => output.push(text),
      onEvent: ({ resOutputsEvent: event }: EngineEvent) => {
        if (event === undefined || ["same", "refresh", "read"].includes(event.metadata.op)) return;
        const name = event.metadata.urn.split("::").pop() as string;
        changes[event.metadata.op] = [...(changes[event.metadata.op] ?? []), name];
      },
    });
    return changes;
  }

  async #state(): Promise<StackState> {
    return stateOf((await this.#open()).workspace, this.name);
  }

  /** `beat down`: everything but what is protected. */
  async down(): Promise<void> {
    await (await this.#open()).destroy({ excludeProtected: true, refresh: true });
  }

  /** Removes everything, data included, and the stack. */
  async destroy(): Promise<void> {
    const stack = await this.#open();
    await execa(
      stack.workspace.pulumiCommand.command,
      ["state", "unprotect", "--all", "--yes", "--stack", this.name],
      {
        cwd: projectRoot,
        env: this.#env,
      },
    );
    await stack.destroy({ refresh: true });
    await stack.workspace.removeStack(this.name);
    this.destroyed = true;
    rmSync(this.#home, { recursive: true });
    rmSync(join(projectRoot, ".beat/build", this.name), { recursive: true, force: true });
  }

  /** The state as a file would show it: secrets encrypted. */
  async exported(): Promise<string> {
    const stack = await this.#open();
    const { stdout } = await execa(
      stack.workspace.pulumiCommand.command,
      ["stack", "export", "--stack", this.name],
      {
        cwd: projectRoot,
        env: this.#env,
      },
    );
    return stdout;
  }

  /** What `pulumi stack output` shows. */
  async outputs(): Promise<string> {
    const stack = await this.#open();
    return JSON.stringify(await stack.outputs());
  }

  /** The values of all secrets, to look for them where they must not be. */
  async secrets(): Promise<Map<string, string>> {
    const { deployment } = await (await this.#open()).exportStack();
    const resources = deployment.resources as {
      urn: string;
      type: string;
      outputs: { output: { plaintext: string } };
    }[];
    return new Map(
      resources
        .filter(({ type }) => type === "pulumi:index:Stash")
        .map(({ urn, outputs }) => [
          urn.split("::").pop() as string,
          JSON.parse(outputs.output.plaintext) as string,
        ]),
    );
  }

  /** Asks the gateway. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.base}${path}`, { signal: AbortSignal.timeout(15_000), ...init });
  }
}
