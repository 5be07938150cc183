import { execa } from "execa";
import { imageReference } from "../../../config/catalogue.ts";
import type { Change } from "../../../docs/day-two.ts";
import { engineAddress, openEngine } from "../../../infra/docker/operate/engine.ts";
import { buildOwnImages } from "../../../infra/images/build-own.ts";
import { projectRoot } from "../../../stacks/program.ts";
import type { Wish } from "../../engine/day-two/platform.ts";
import { DayTwoStack } from "../../engine/day-two/stack.ts";
import { basePlatform } from "../../engine/test-stack.ts";
import { kubernetesSettings } from "../../settings.ts";
import { kubeconfig, loadCommand, missingForCluster } from "../requirements.ts";

const small = { cpu: "30m", volume: { size: "1Gi" } };
const settings = {
  "platform:target": "kubernetes",
  "platform:kubernetes": {
    postgres: small,
    mongo: { ...small, members: 1 },
    redis: small,
    kafka: { ...small, brokers: 1 },
    uploads: { size: "1Gi" },
    serviceCpu: "30m",
    gateway: { cpu: "30m", replicas: 1 },
    exposure: { type: "none" },
  },
};
const missing = await missingForCluster();

/** A stack on the test cluster that an operator changes by `./beat`. */
export class ClusterDayTwo extends DayTwoStack {
  constructor(subject: string, base: Wish) {
    super(subject, base, {}, { settings, missing });
    if (kubeconfig !== undefined) process.env.KUBECONFIG = kubeconfig;
  }

  get namespace(): string {
    return this.prefix;
  }

  /** Builds the project's own images and brings them and the stores' into the cluster. */
  async load(...stores: readonly ("postgres" | "mongo" | "redis" | "kafka")[]): Promise<void> {
    const given = kubernetesSettings({ "platform:source": "sample" });
    const built = await buildOwnImages(
      { platform: basePlatform, settings: given, root: projectRoot },
      openEngine(engineAddress()),
      engineAddress(),
      { onlyMissing: true, push: false },
    );
    if (loadCommand === undefined) return;
    const [command = "", ...args] = loadCommand.split(" ");
    const images = stores.map((name) => imageReference(name, given.images));
    await execa(command, [...args, ...built.map(({ reference }) => reference), ...images]);
  }

  /** kubectl in the stack's namespace. @returns what it wrote. */
  async kubectl(...args: readonly string[]): Promise<string> {
    const { stdout } = await execa("kubectl", ["-n", this.namespace, ...args]);
    return stdout;
  }

  /** Makes an object of the cluster what it says. */
  async apply(object: object): Promise<void> {
    await execa("kubectl", ["apply", "-f", "-"], { input: JSON.stringify(object) });
  }

  override saysOf({ says, saysOnCluster }: Change): string {
    return saysOnCluster ?? says;
  }

  override async inside(part: string, ...command: readonly string[]): Promise<string> {
    const pod = part.endsWith("-service") ? `deployment/${part}` : `${part}-0`;
    return (await this.kubectl("exec", pod, "--", ...command)).trim();
  }

  /** The claims of its namespace. */
  override async volumes(): Promise<string[]> {
    const claims = await this.kubectl("get", "pvc", "-o", "jsonpath={.items[*].metadata.name}");
    return claims.split(" ").filter(Boolean).sort();
  }

  override async left(): Promise<readonly string[]> {
    const { stdout } = await execa("kubectl", [
      "get",
      "namespace",
      this.namespace,
      "--ignore-not-found",
      "-o",
      "name",
    ]);
    return stdout.split("\n").filter(Boolean);
  }
}
