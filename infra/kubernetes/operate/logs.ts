import http from "node:http";
import https from "node:https";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import type { LogLine } from "../../../core/log-records.ts";
import { StampedLines } from "../../operate/logs/lines.ts";
import type { LogPlace, LogSource, ReadOptions } from "../../operate/logs/place.ts";
import type { Cluster } from "./client.ts";
import { componentOf, nameOf, podsOf } from "./pods.ts";

/** How often the pods are looked at while their logs are followed, milliseconds. */
const pace = 1500;

/** The logs of the containers in a namespace. */
export class ClusterLogs implements LogPlace {
  readonly #cluster: Cluster;
  readonly #namespace: string;

  constructor(cluster: Cluster, namespace: string) {
    this.#cluster = cluster;
    this.#namespace = namespace;
  }

  async sources(): Promise<readonly LogSource[]> {
    const pods = await podsOf(this.#cluster, this.#namespace);
    return pods.flatMap((pod) => {
      const { containers = [], initContainers = [] } = pod.spec ?? {};
      const main = containers[0]?.name;
      return [...containers, ...initContainers].map(({ name }) => this.#source(pod, name, name !== main));
    });
  }

  async change(signal: AbortSignal): Promise<void> {
    await sleep(pace, undefined, { signal }).catch(() => {});
  }

  #source(pod: V1Pod, container: string, beside: boolean): LogSource {
    const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
    const status = statuses.find(({ name }) => name === container);
    const address = { namespace: this.#namespace, pod: nameOf(pod), container };
    const component = componentOf(pod);
    return {
      id: `${pod.metadata?.uid ?? nameOf(pod)}/${container}`,
      // As a container of its own is called on an engine: consumer-watch-auth-service.
      part: beside ? `${container}-${component}` : component,
      label: beside ? `${nameOf(pod)}/${container}` : nameOf(pod),
      aliases: [nameOf(pod)],
      ...(beside && { beside }),
      runs: status?.state?.running !== undefined,
      life: lifeOf(status),
      lines: (options) => linesOf(this.#cluster, address, status?.restartCount ?? 0, options),
    };
  }
}

const lifeOf = (status: V1ContainerStatus | undefined): string =>
  [status?.containerID, status?.restartCount, ...Object.keys(status?.state ?? {})].join(" ");

interface Address {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/** The lines of a container, and before them those of the one that it has been restarted from: a cluster keeps them apart. */
async function* linesOf(
  cluster: Cluster,
  address: Address,
  restarts: number,
  options: ReadOptions,
): AsyncGenerator<LogLine> {
  const { tail, resumed } = options;
  // That it was restarted may not be known yet where it is read on.
  if (restarts > 0 || resumed) {
    const former = read(cluster, address, { ...options, follow: false }, true);
    if (tail === undefined || resumed) yield* former;
    else {
      const last: LogLine[] = [];
      for await (const line of former) last.push(line);
      for await (const line of read(cluster, address, options, false)) last.push(line);
      // Both together have so many lines.
      return yield* last.slice(-tail);
    }
  }
  yield* read(cluster, address, options, false);
}

/** Not by the client's own way, whose connection ends a quiet log after five minutes and takes the process with it. */
async function* read(
  cluster: Cluster,
  address: Address,
  options: ReadOptions,
  previous: boolean,
): AsyncGenerator<LogLine> {
  const answer = await ask(cluster, address, options, previous);
  if (answer === undefined) return;
  const lines = new StampedLines();
  try {
    for await (const text of answer.setEncoding("utf8") as AsyncIterable<string>) yield* lines.push(text);
    yield* lines.end();
  } finally {
    answer.destroy();
  }
}

/** @returns undefined where there is no log: the container has not started, has not been restarted, or is no more. */
async function ask(
  { config }: Cluster,
  { namespace, pod, container }: Address,
  { since, tail, follow, signal }: ReadOptions,
  previous: boolean,
): Promise<Readable | undefined> {
  const url = new URL(`${config.getCurrentCluster()?.server}/api/v1/namespaces/${namespace}/pods/${pod}/log`);
  const query = {
    container,
    timestamps: "true",
    ...(follow && { follow: "true" }),
    ...(previous && { previous: "true" }),
    ...(tail !== undefined && { tailLines: String(tail) }),
    // A kubelet is told whole seconds.
    ...(since !== undefined && { sinceTime: new Date(Math.floor(since / 1000) * 1000).toISOString() }),
  };
  url.search = new URLSearchParams(query).toString();
  const options: https.RequestOptions = { signal, headers: {} };
  await config.applyToHTTPSOptions(options);
  const { get } = url.protocol === "http:" ? http : https;
  const answer = await new Promise<http.IncomingMessage>((resolve, reject) => {
    get(url, options, resolve).once("error", reject);
  });
  const { statusCode: status = 0 } = answer;
  if (status === 200) return answer;
  let said = "";
  for await (const text of answer.setEncoding("utf8") as AsyncIterable<string>) said += text;
  if (status === 400 || status === 404) return undefined;
  throw new Error(`${status} ${messageIn(said)}`.trim());
}

function messageIn(body: string): string {
  try {
    return (JSON.parse(body) as { message?: string }).message ?? "";
  } catch {
    return "";
  }
}
