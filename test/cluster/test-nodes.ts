import { execa } from "execa";
import type { ClusterStack } from "./cluster-stack.ts";
import { kubeconfig } from "./requirements.ts";

/** Commands that cut a node off and bring it back; its name is added, e.g. `docker pause` and `docker unpause` for kind. */
const [stopCommand, startCommand] = [process.env.BEAT_TEST_NODE_STOP, process.env.BEAT_TEST_NODE_START];

/** Names of the cluster's nodes. */
export async function nodeNames(): Promise<string[]> {
  const { stdout } = await execa("kubectl", ["get", "nodes", "-o", "jsonpath={.items[*].metadata.name}"], {
    env: { KUBECONFIG: kubeconfig ?? "" },
  });
  return stdout.split(" ");
}

/** Why a story of so many nodes cannot be told on this cluster; undefined when it can. */
export async function missingForNodes(wanted: number): Promise<string | undefined> {
  const { length } = await nodeNames();
  return length >= wanted ? undefined : `the cluster has ${length} of ${wanted} nodes`;
}

/** Why no node can be lost on purpose; undefined when one can. */
export const missingForLoss = (): string | undefined =>
  stopCommand === undefined || startCommand === undefined
    ? "BEAT_TEST_NODE_STOP and BEAT_TEST_NODE_START name no commands that stop and start a node"
    : undefined;

/** Cuts a node off, with all that runs there. */
export const stopNode = (name: string): Promise<void> => run(stopCommand, name);
/** Brings a node back. */
export const startNode = (name: string): Promise<void> => run(startCommand, name);

async function run(text: string | undefined, name: string): Promise<void> {
  const [command = "", ...args] = (text ?? "").split(" ");
  await execa(command, [...args, name]);
}

interface Listed {
  readonly items: readonly {
    readonly metadata: { readonly deletionTimestamp?: string };
    readonly spec: { readonly nodeName?: string };
  }[];
}

/** The nodes of a component's pods, those on their way out not counted. */
export async function onNode(stack: ClusterStack, component: string): Promise<string[]> {
  const listed = JSON.parse(
    await stack.kubectl("get", "pods", "-l", `app.kubernetes.io/component=${component}`, "-o", "json"),
  ) as Listed;
  return listed.items
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ spec }) => spec.nodeName ?? "none yet");
}
