import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EngineEvent, LocalWorkspace, type Stack } from "@pulumi/pulumi/automation/index.js";
import { execa } from "execa";
import { beatDirectory } from "../../cli/clone.ts";
import type { Session } from "../../cli/session.ts";
import { KubernetesTarget } from "../../cli/targets/kubernetes.ts";
import { findPulumi, stateOf } from "../../cli/workspace.ts";
import { imageReference } from "../../config/catalogue.ts";
import { requiredSecrets } from "../../config/environment.ts";
import type { KubernetesSettings } from "../../config/settings/schema.ts";
import { engineAddress, openEngine } from "../../infra/docker/operate/engine.ts";
import { buildOwnImages } from "../../infra/images/build-own.ts";
import type { StackState } from "../../infra/operate/stack-state.ts";
import { makePassword } from "../../infra/secrets/values.ts";
import { projectRoot } from "../../stacks/program.ts";
import { basePlatform, type Changes } from "../engine/test-stack.ts";
import { kubernetesSettings } from "../settings.ts";
import { kubeconfig, loadCommand, mongoImage } from "./requirements.ts";

const small = { cpu: "30m", volume: { size: "1Gi" } };

/** A stack in a namespace of its own on the test cluster, small enough for one node. */
export class ClusterStack {
  readonly name = `test-${process.pid}`;
  readonly namespace = `beat-test-${process.pid}`;
  readonly signingKey = generateKeyPairSync("rsa", { modulusLength: 2048 })
    .privateKey.export({ type: "pkcs8", format: "pem" })
    .toString();
  secrets: Record<string, string>;
  #changed: Readonly<Record<string, unknown>> = {};
  #base = "";
  readonly #home = mkdtempSync(join(tmpdir(), "beat-cluster-"));
  readonly #env = {
    PULUMI_BACKEND_URL: `file://${this.#home}`,
    PULUMI_CONFIG_PASSPHRASE: "test",
    KUBECONFIG: kubeconfig ?? "",
  };
  #stack: Stack | undefined;

  constructor() {
    // The program runs in this process, and asks the cluster itself which one it is.
    if (kubeconfig !== undefined) process.env.KUBECONFIG = kubeconfig;
    this.secrets = {};
    const names = requiredSecrets(basePlatform, this.settings);
    this.secrets = Object.fromEntries(names.map((name) => [name, makePassword()]));
  }

  /** The stack's configuration, as texts. */
  config(): Record<string, string> {
    const cluster = {
      namespace: this.namespace,
      postgres: small,
      mongo: { ...small, members: 1 },
      redis: small,
      kafka: { ...small, brokers: 3 },
      uploads: { size: "1Gi" },
      serviceCpu: "30m",
      gateway: { cpu: "30m" },
      exposure: { type: "loadBalancer" },
      backups: { schedule: "0 0 1 1 *", volume: { size: "1Gi" } },
      ...((this.#changed.kubernetes as object | undefined) ?? {}),
    };
    const { kubernetes: _, ...changed } = this.#changed;
    return Object.fromEntries(
      Object.entries({
        target: "kubernetes",
        source: "sample",
        // Always there: a key that is left out keeps its last value.
        services: {},
        environment: "Development",
        // Given, as in production: kept in the state they would be protected, and a destroy refused.
        generateSecrets: false,
        secrets: this.secrets,
        signingKey: this.signingKey,
        kubernetes: cluster,
        ...(mongoImage && { images: { overrides: { mongo: { reference: mongoImage } } } }),
        ...changed,
      }).map(([key, value]) => [
        `platform:${key}`,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    );
  }

  /** Sets what is different from the base, until it is set again. */
  vary(changed: Readonly<Record<string, unknown>>): void {
    this.#changed = changed;
  }

  get settings(): KubernetesSettings {
    return kubernetesSettings(this.config());
  }

  /** Builds the project's own images and brings them, the stores' and others that are named, into the cluster. */
  async load(others: readonly string[] = []): Promise<void> {
    const { settings } = this;
    const built = await buildOwnImages(
      { platform: basePlatform, settings, root: projectRoot },
      openEngine(engineAddress()),
      engineAddress(),
      { onlyMissing: true, push: false },
    );
    if (loadCommand === undefined) return;
    const stores = (["postgres", "mongo", "redis", "kafka"] as const).map((name) =>
      imageReference(name, settings.images),
    );
    const [command = "", ...args] = loadCommand.split(" ");
    await execa(command, [...args, ...built.map(({ reference }) => reference), ...stores, ...others]);
  }

  async #open(): Promise<Stack> {
    if (this.#stack === undefined) {
      const { program } = await import("../../stacks/program.ts");
      this.#stack = await LocalWorkspace.createOrSelectStack(
        { stackName: this.name, projectName: "beat-ecoprove", program },
        {
          // A folder of its own: the stack's settings file must not lie among the project's.
          workDir: this.#home,
          envVars: this.#env,
          pulumiCommand: await findPulumi(false),
        },
      );
    }
    await this.#stack.setAllConfig(
      Object.fromEntries(
        Object.entries(this.config()).map(([key, value]) => [key, { value, secret: isSecret(key) }]),
      ),
    );
    return this.#stack;
  }

  /** Runs `up` and returns what it changed, by operation. */
  async up(): Promise<Changes> {
    const stack = await this.#open();
    const result = await watched((onEvent) => stack.up({ onEvent }));
    const urls = (await stack.outputs()).urls?.value as { gateway?: string } | undefined;
    this.#base = urls?.gateway?.replace("/_gateway/ready", "") ?? "";
    return result;
  }

  /** Runs `refresh` and returns what had drifted. */
  async refresh(): Promise<Changes> {
    const stack = await this.#open();
    return watched((onEvent) => stack.refresh({ onEvent }));
  }

  async destroy(): Promise<void> {
    await (await this.#open()).destroy();
  }

  /** Removes what the stack retains, and the stack. */
  async remove(): Promise<void> {
    await (await this.#open()).destroy();
    await this.kubectl("delete", "namespace", this.namespace, "--ignore-not-found", "--timeout=120s");
    await (await this.#open()).workspace.removeStack(this.name);
    rmSync(this.#home, { recursive: true });
  }

  /** Goes on as somebody whose kubeconfig lies elsewhere. */
  async useKubeconfig(file: string): Promise<void> {
    process.env.KUBECONFIG = file;
    (await this.#open()).workspace.envVars = { ...this.#env, KUBECONFIG: file };
  }

  /** kubectl in the stack's namespace. @returns what it wrote. */
  async kubectl(...args: string[]): Promise<string> {
    const { stdout } = await execa("kubectl", ["-n", this.namespace, ...args], {
      env: { KUBECONFIG: kubeconfig ?? "" },
    });
    return stdout;
  }

  /** Makes an object of the cluster what it says. */
  async apply(object: object): Promise<void> {
    const input = JSON.stringify(object);
    await execa("kubectl", ["apply", "-f", "-"], { env: { KUBECONFIG: kubeconfig ?? "" }, input });
  }

  /**
   * Has the API server read objects strictly and change nothing. @returns its warnings.
   * @throws with the first object that it does not take.
   */
  async validate(objects: readonly object[]): Promise<string> {
    const list = { apiVersion: "v1", kind: "List", items: objects };
    const { stderr } = await execa(
      "kubectl",
      [
        ...["-n", this.namespace, "apply", "-f", "-", "--server-side", "--force-conflicts"],
        ...["--dry-run=server", "--validate=strict"],
      ],
      { env: { KUBECONFIG: kubeconfig ?? "" }, input: JSON.stringify(list) },
    );
    return stderr;
  }

  /** Asks the gateway. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.#base}${path}`, { signal: AbortSignal.timeout(15_000), ...init });
  }

  /** Where the gateway answers. */
  get base(): string {
    return this.#base;
  }

  /** The stack as the commands of `beat` take it. */
  async session(): Promise<Session> {
    const address = engineAddress();
    const args = {
      name: this.name,
      stack: await this.#open(),
      settings: this.settings,
      platform: basePlatform,
      transform: undefined,
      engine: openEngine(address),
      address,
      prefix: this.name,
      root: projectRoot,
      home: beatDirectory,
    };
    return {
      ...args,
      state: undefined,
      made: false,
      unmake: async () => {},
      target: new KubernetesTarget(args),
    };
  }

  /** What the state remembers. */
  async state(): Promise<StackState> {
    return stateOf((await this.#open()).workspace, this.name);
  }
}

async function watched(run: (onEvent: (event: EngineEvent) => void) => Promise<unknown>): Promise<Changes> {
  const changes: Record<string, string[]> = {};
  await run(({ resOutputsEvent: event }) => {
    if (event === undefined || ["same", "refresh", "read"].includes(event.metadata.op)) return;
    const name = event.metadata.urn.split("::").pop() as string;
    changes[event.metadata.op] = [...(changes[event.metadata.op] ?? []), name];
  });
  return changes;
}

const isSecret = (key: string): boolean => key === "platform:secrets" || key === "platform:signingKey";
