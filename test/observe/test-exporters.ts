import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { images } from "../../config/images.ts";
import { type StoreKind, storeOf } from "../../stores/index.ts";
import type { AnyUse, ExporterParts } from "../../stores/store.ts";

/** What a command says; undefined when it fails. */
export const said = (command: string, ...args: string[]): string | undefined => {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
};
const docker = (...args: string[]): string => execFileSync("docker", args, { encoding: "utf8" }).trim();
const referenceOf = (name: keyof typeof images): string => `${images[name].repository}:${images[name].tag}`;

/** The images of a store and of its exporter, and which of them the engine lacks. */
export function imagesOf(kind: StoreKind) {
  const { exporter } = storeOf(kind);
  if (exporter === undefined) throw new Error(`nothing tells of ${kind}`);
  const store = referenceOf(kind);
  const own = referenceOf(exporter.image as keyof typeof images);
  const lacking = [store, own].filter((image) => said("docker", "image", "inspect", image) === undefined);
  return { store, exporter: own, lacking };
}

/** Containers on a network of their own that are gone after a test. */
export class Containers {
  readonly #network = `beat-exporters-${process.pid}-${Math.floor(Math.random() * 1e6)}`;
  readonly #made: string[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), "beat-exporter-"));

  constructor() {
    docker("network", "create", this.#network);
  }

  /** Starts one, and waits until a command inside passes. */
  async run(host: string, args: readonly string[], ready?: readonly string[]): Promise<string> {
    const id = docker("run", "-d", "--network", this.#network, "--network-alias", host, ...args);
    this.#made.push(id);
    for (let left = 240; ready !== undefined && said("docker", "exec", id, ...ready) === undefined; left--) {
      if (left === 0) throw new Error(`${host} is not ready: ${said("docker", "logs", "--tail", "5", id)}`);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    return id;
  }

  /** The address of one on the engine's machine. */
  portOf(id: string, port: number): number {
    return Number(docker("port", id, `${port}/tcp`).split("\n")[0]?.split(":").at(-1));
  }

  /** Starts an exporter as the platform does: with its words, as its image's user, on a root that is not written. */
  async exporter(kind: StoreKind, use: AnyUse, secret: string): Promise<() => Promise<string>> {
    const parts = storeOf(kind).exporter?.parts(use) as ExporterParts;
    const env = Object.entries(parts.env).flatMap(([name, value]) => [
      "-e",
      `${name}=${value.render(() => secret)}`,
    ]);
    const mounts = parts.files.flatMap(({ directory, files }) =>
      Object.entries(files).flatMap(([file, value]) => {
        const source = join(this.#folder, directory, file);
        mkdirSync(dirname(source), { recursive: true });
        writeFileSync(
          source,
          value.render(() => secret),
        );
        return ["-v", `${source}:${directory}/${file}:ro`];
      }),
    );
    const hardened = ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"];
    const limit = ["--memory", `${parts.memoryMiB}m`, "--user", String(parts.user.uid)];
    const id = await this.run(`${kind}-exporter`, [
      ...hardened,
      ...limit,
      ...env,
      ...mounts,
      "-p",
      `127.0.0.1::${parts.port}`,
      imagesOf(kind).exporter,
      ...parts.args,
    ]);
    const port = this.portOf(id, parts.port);
    return async () => await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  }

  end(): void {
    if (this.#made.length > 0) said("docker", "rm", "-f", "-v", ...this.#made);
    said("docker", "network", "rm", this.#network);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
