import { access, chmod, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { kubeconfig } from "./requirements.ts";

/**
 * An empty folder that this machine and every node of the cluster share, and where this user may mount file systems; one
 * node that is this machine will do. Volumes lie in it that end where they say, and that no node has to itself.
 */
const nodeFolder = process.env.BEAT_TEST_NODE_FOLDER;

/** Why volumes of a size cannot be made; undefined when they can. */
export async function missingForVolumes(): Promise<string | undefined> {
  if (nodeFolder === undefined) return "BEAT_TEST_NODE_FOLDER names no folder of the cluster's node";
  return access(nodeFolder).then(
    () => undefined,
    () => `${nodeFolder} (BEAT_TEST_NODE_FOLDER) is not there`,
  );
}

/**
 * Volumes for the claims of one namespace, of a StorageClass that may grow. What a storage driver does is done here: a
 * volume is a file system in memory, and it grows when {@link grow} says so.
 */
export class SmallVolumes {
  readonly storageClass: string;
  readonly #namespace: string;
  readonly #root: string;
  readonly #mounted: string[] = [];
  readonly #made: string[] = [];

  constructor(namespace: string) {
    this.#namespace = namespace;
    this.storageClass = `${namespace}-small`;
    this.#root = join(nodeFolder ?? "", namespace);
  }

  /** Makes volumes of so many MiB, and others without an end, each for the claim of its name. */
  async make(sized: Readonly<Record<string, number>>, others: readonly string[]): Promise<void> {
    await this.#apply({
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name: this.storageClass },
      provisioner: "kubernetes.io/no-provisioner",
      allowVolumeExpansion: true,
      volumeBindingMode: "WaitForFirstConsumer",
    });
    for (const claim of [...Object.keys(sized), ...others]) {
      const path = join(this.#root, claim);
      await mkdir(path, { recursive: true });
      const size = sized[claim];
      if (size !== undefined) {
        await execa("mount", ["-t", "tmpfs", "-o", `size=${size}m,mode=0777`, "tmpfs", path]);
        this.#mounted.push(path);
      }
      await chmod(path, 0o777);
      await this.#apply({
        apiVersion: "v1",
        kind: "PersistentVolume",
        metadata: { name: this.#volumeOf(claim) },
        spec: {
          capacity: { storage: size === undefined ? "1Gi" : `${size}Mi` },
          accessModes: ["ReadWriteOnce"],
          storageClassName: this.storageClass,
          claimRef: { namespace: this.#namespace, name: claim },
          // Unlike `hostPath`, measured by the kubelet.
          local: { path },
          nodeAffinity: {
            required: {
              nodeSelectorTerms: [
                { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "Exists" }] },
              ],
            },
          },
        },
      });
      this.#made.push(claim);
    }
  }

  /** What a claim asks for. */
  async asked(claim: string): Promise<string> {
    return this.#kubectl([
      ...["-n", this.#namespace, "get", "pvc", claim],
      ...["-o", "jsonpath={.spec.resources.requests.storage}"],
    ]);
  }

  /** Takes what room a volume has left. */
  async fill(claim: string): Promise<void> {
    const file = join(this.#root, claim, "filler");
    // It ends with "No space left on device".
    const append = ["oflag=append", "conv=notrunc", "bs=4k"];
    await execa("dd", ["if=/dev/zero", `of=${file}`, ...append], { reject: false });
  }

  /** Gives the room back. */
  async clear(claim: string): Promise<void> {
    await rm(join(this.#root, claim, "filler"));
  }

  /** Gives a volume so many MiB, as a driver does that has seen the claim. */
  async grow(claim: string, size: number): Promise<void> {
    await execa("mount", ["-o", `remount,size=${size}m`, join(this.#root, claim)]);
    const capacity = { storage: `${size}Mi` };
    await this.#kubectl(["patch", "pv", this.#volumeOf(claim), "-p", JSON.stringify({ spec: { capacity } })]);
    await this.#kubectl([
      ...["-n", this.#namespace, "patch", "pvc", claim, "--subresource=status"],
      ...["-p", JSON.stringify({ status: { capacity } })],
    ]);
  }

  async remove(): Promise<void> {
    for (const claim of this.#made)
      await this.#kubectl(["delete", "pv", this.#volumeOf(claim), "--ignore-not-found", "--timeout=60s"]);
    await this.#kubectl(["delete", "storageclass", this.storageClass, "--ignore-not-found"]);
    for (const path of this.#mounted) await execa("umount", [path]);
    await rm(this.#root, { recursive: true, force: true });
  }

  #volumeOf(claim: string): string {
    return `${this.#namespace}-${claim}`;
  }

  async #apply(object: object): Promise<void> {
    await this.#kubectl(["apply", "-f", "-"], JSON.stringify(object));
  }

  async #kubectl(args: readonly string[], input = ""): Promise<string> {
    const { stdout } = await execa("kubectl", args, { env: { KUBECONFIG: kubeconfig ?? "" }, input });
    return stdout;
  }
}
