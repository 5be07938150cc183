import type { ClusterPlace } from "../../infra/kubernetes/operate/client.ts";
import { crowdedStores, openNodes } from "../../infra/kubernetes/operate/placement.ts";
import { explainPods, nameOf, notReady, podsOf } from "../../infra/kubernetes/operate/pods.ts";
import { unfinishedRollouts } from "../../infra/kubernetes/operate/rollouts.ts";
import { fullVolumes, volumeUse } from "../../infra/kubernetes/operate/volumes.ts";
import { DeploymentError } from "../../infra/operate/parts.ts";
import { say } from "../output.ts";
import { statusOf } from "./target.ts";

/** How long pods that nothing was changed of, or an address outside the cluster, may take, milliseconds. */
const answerPatience = 60_000;

/** What is to be told of volumes that have little room left. */
export async function fullVolumesIn({ cluster, namespace }: ClusterPlace): Promise<string[]> {
  const pods = await podsOf(cluster, namespace);
  return fullVolumes(await volumeUse(cluster, namespace, pods));
}

/**
 * Returns when everything has been rolled, the pods are ready and every address answers.
 * Pulumi has waited for the pods of what it changed; those of what it did not may be down all the same. A name or a load
 * balancer outside may take longer than the pods, which is no failure.
 * @param ended ends the waiting.
 * @throws {DeploymentError} when pods are not ready.
 */
export async function untilAnswering(
  place: ClusterPlace,
  urls: Readonly<Record<string, string>>,
  ended?: AbortSignal,
): Promise<void> {
  const { cluster, namespace } = place;
  await untilWell(place, ended);
  if (ended?.aborted) return;
  const deadline = Date.now() + answerPatience;
  for (const [name, url] of Object.entries(urls)) {
    let status = await statusOf(url);
    while (status !== 200 && Date.now() < deadline && !ended?.aborted) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      status = await statusOf(url);
    }
    if (ended?.aborted) return;
    if (status !== 200)
      say(`  ! ${name}: the pods are ready, but ${url} answers ${status || "nothing"} from here`);
  }
  const pods = await podsOf(cluster, namespace);
  for (const line of crowdedStores(pods, await openNodes(cluster))) say(`  ! ${line}`);
  for (const line of await fullVolumesIn(place)) say(`  ! ${line}`);
}

async function untilWell(place: ClusterPlace, ended?: AbortSignal): Promise<void> {
  const { cluster, namespace } = place;
  const deadline = Date.now() + answerPatience;
  const look = async () => ({
    rolling: await unfinishedRollouts(cluster, namespace),
    down: notReady(await podsOf(cluster, namespace)),
  });
  let { rolling, down } = await look();
  while (rolling.length + down.length > 0 && Date.now() < deadline && !ended?.aborted) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    ({ rolling, down } = await look());
  }
  if (rolling.length + down.length === 0 || ended?.aborted) return;
  say("✘ everything is deployed, but these are not ready:");
  for (const line of rolling) say(`  ${line}`);
  const names = new Set(down.map(nameOf));
  for (const line of await explainPods(cluster, namespace, (pod) => names.has(nameOf(pod)))) say(`  ${line}`);
  for (const line of await fullVolumesIn(place)) say(`  ${line}`);
  throw new DeploymentError("the platform is not ready");
}
