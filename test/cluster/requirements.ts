import { execa } from "execa";
import { findPulumi } from "../../cli/workspace.ts";
import { engineAddress, openEngine } from "../../infra/docker/operate/engine.ts";

/**
 * The kubeconfig of a cluster that tests may change, a variable of its own: what KUBECONFIG points to may be somebody's
 * production. `BEAT_TEST_CLUSTER_LOAD` is the command that brings images of the local engine into it, such as
 * `kind load docker-image`.
 */
export const kubeconfig = process.env.BEAT_TEST_KUBECONFIG;
export const loadCommand = process.env.BEAT_TEST_CLUSTER_LOAD;
/** An image of MongoDB in place of the catalogue's, for engines whose own lacks the database tools. */
export const mongoImage = process.env.BEAT_TEST_MONGO_IMAGE;

/** Whether the engine of this machine has an image, so that it can be loaded into the cluster. */
export async function hasImage(reference: string): Promise<boolean> {
  const engine = openEngine(engineAddress());
  return engine
    .getImage(reference)
    .inspect()
    .then(
      () => true,
      () => false,
    );
}

/** Why the cluster layer cannot run on this machine; undefined when it can. */
export async function missingForCluster(): Promise<string | undefined> {
  if (kubeconfig === undefined) return "BEAT_TEST_KUBECONFIG names no cluster";
  try {
    const { command } = await findPulumi(false);
    const { stdout } = await execa(command, ["plugin", "ls", "--json"]);
    const plugins = JSON.parse(stdout) as { readonly name: string }[];
    if (!plugins.some(({ name }) => name === "kubernetes"))
      return "the Kubernetes plugin of Pulumi is not installed";
  } catch {
    return "the Pulumi CLI is not installed";
  }
  const { exitCode } = await execa("kubectl", ["version", "--request-timeout=5s"], {
    env: { KUBECONFIG: kubeconfig },
    reject: false,
  });
  if (exitCode !== 0) return "kubectl is missing, or the cluster of BEAT_TEST_KUBECONFIG does not answer";
  return undefined;
}
