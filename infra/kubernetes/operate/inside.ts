import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { PassThrough } from "node:stream";
import { Exec, PortForward, type V1Pod, type V1Status } from "@kubernetes/client-node";
import type { KubernetesSettings } from "../../../config/settings/schema.ts";
import { gatewayName } from "../../../core/names.ts";
import { type Inside, inTime, longestCommand, type Place, type Ran, type Way } from "../../operate/inside.ts";
import { DeploymentError } from "../../operate/parts.ts";
import type { Runtime } from "../../workloads/runtime.ts";
import { memberHostIn } from "../deploy/names.ts";
import { type Cluster, reasonOf } from "./client.ts";
import { componentOf, isReady, nameOf, podsOf, problemOf } from "./pods.ts";

/** A running stack on a cluster. */
export class ClusterInside implements Inside {
  readonly runtime: Runtime;
  readonly #cluster: Cluster;
  readonly #namespace: string;
  readonly #gatewayPort: number;

  /** @param gatewayPort the port that the gateway's pods listen at. */
  constructor(cluster: Cluster, namespace: string, settings: KubernetesSettings, gatewayPort: number) {
    this.#cluster = cluster;
    this.#namespace = namespace;
    this.#gatewayPort = gatewayPort;
    this.runtime = { kind: "cluster", settings, id: namespace, memberHost: memberHostIn(namespace) };
  }

  async run({ workload, container }: Place, command: readonly string[]): Promise<readonly Ran[]> {
    const pods = (await podsOf(this.#cluster, this.#namespace)).filter(
      (pod) => componentOf(pod) === workload && pod.status?.phase !== "Succeeded",
    );
    return Promise.all(
      pods.map((pod) => {
        const member = nameOf(pod);
        const wanted = container ?? pod.spec?.containers[0]?.name ?? "";
        return runs(pod, wanted)
          ? inTime(member, this.#exec(member, wanted, command))
          : {
              member,
              code: undefined,
              output: problemOf(pod)?.reason ?? pod.status?.phase ?? "does not run",
            };
      }),
    );
  }

  async #exec(member: string, container: string, command: readonly string[]): Promise<Ran> {
    const output = new PassThrough();
    const chunks: Buffer[] = [];
    output.on("data", (chunk: Buffer) => chunks.push(chunk));
    try {
      const status = await new Promise<V1Status>((resolve, reject) => {
        new Exec(this.#cluster.config)
          .exec(this.#namespace, member, container, [...command], output, output, null, false, resolve)
          .then((socket) => {
            // Nothing ends a command from outside; what it says later is not waited for.
            const limit = setTimeout(() => socket.terminate(), longestCommand);
            socket.on("close", () => clearTimeout(limit));
            socket.on("error", reject);
            // One that ends without a word was cut off; a status comes before the end.
            socket.on("close", () => setTimeout(() => reject(new Error("the connection was cut")), 100));
          }, reject);
      });
      return { member, code: codeOf(status), output: Buffer.concat(chunks).toString("utf8") };
    } catch (error) {
      return { member, code: undefined, output: reasonOf(error) };
    }
  }

  /** The address that people use; where there is none, a port of this machine that leads to one of its pods. */
  async gateway({ gateway }: Readonly<Record<string, string>>): Promise<Way> {
    if (gateway !== undefined) return { base: new URL(gateway).origin, close: () => {} };
    const pods = await podsOf(this.#cluster, this.#namespace);
    const pod = pods.find((each) => componentOf(each) === gatewayName && isReady(each));
    if (pod === undefined)
      throw new DeploymentError(`no pod of the gateway is ready: see ./beat status, or ./beat up`);
    const name = nameOf(pod);
    const forward = new PortForward(this.#cluster.config);
    const open = new Set<Socket>();
    const server = createServer((socket) => {
      open.add(socket);
      socket.on("close", () => open.delete(socket)).on("error", () => socket.destroy());
      forward.portForward(this.#namespace, name, [this.#gatewayPort], socket, null, socket).then(
        (tunnel) => {
          if (typeof tunnel === "function") return;
          tunnel.on("close", () => socket.destroy());
          socket.on("close", () => tunnel.close());
        },
        () => socket.destroy(),
      );
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    return {
      base: `http://127.0.0.1:${port}`,
      note: `forwarded to pod ${name}: the gateway is not exposed`,
      close: () => {
        server.close();
        for (const socket of open) socket.destroy();
      },
    };
  }
}

/** Whether a container of a pod runs; a sidecar is among those that start first. */
const runs = ({ status }: V1Pod, container: string): boolean =>
  [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].some(
    ({ name, state }) => name === container && state?.running !== undefined,
  );

/** The exit code in the API server's last word on a command. Source: Kubernetes, remotecommand, `NonZeroExitCode`. */
function codeOf({ status, details }: V1Status): number {
  if (status === "Success") return 0;
  const code = details?.causes?.find(({ reason }) => reason === "ExitCode")?.message;
  return code === undefined ? -1 : Number(code);
}
