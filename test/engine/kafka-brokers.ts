import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { imageReference } from "../../config/catalogue.ts";

const run = promisify(execFile);
/** Calls the engine's command line. */
export const docker = async (...args: string[]): Promise<string> => (await run("docker", args)).stdout.trim();

/** Why brokers cannot run on this machine; undefined when they can. */
export const missingImage = (image: string): Promise<string | undefined> =>
  docker("image", "inspect", image).then(
    () => undefined,
    () => `no container engine with the image ${image}`,
  );

/** The catalogue's Kafka. */
export const kafkaImage = imageReference("kafka", { overrides: {} });

/** Brokers in containers on this machine's own network: what they advertise must resolve for this process, too. */
export class Brokers {
  readonly #name: string;
  readonly #firstPort: number;

  constructor(name: string, firstPort: number) {
    this.#name = `beat-${name}-${process.pid}`;
    this.#firstPort = firstPort;
  }

  address(broker: number): string {
    return `127.0.0.1:${this.#firstPort + broker}`;
  }

  container(broker: number): string {
    return `${this.#name}-${broker}`;
  }

  /** Starts a broker as a stack with so many has it, on the volume it had before. */
  async start(broker: number, of: number, image: string): Promise<void> {
    const controller = (id: number) => this.#firstPort + 10 + id;
    const env: Readonly<Record<string, string | number>> = {
      CLUSTER_ID: "5L6g3nShT-eMCtK--X86sw",
      KAFKA_NODE_ID: broker,
      KAFKA_PROCESS_ROLES: "broker,controller",
      KAFKA_CONTROLLER_LISTENER_NAMES: "CONTROLLER",
      KAFKA_INTER_BROKER_LISTENER_NAME: "PLAINTEXT",
      KAFKA_LISTENERS: `PLAINTEXT://${this.address(broker)},CONTROLLER://127.0.0.1:${controller(broker)}`,
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://${this.address(broker)}`,
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
      KAFKA_CONTROLLER_QUORUM_VOTERS: Array.from(
        { length: of },
        (_, id) => `${id}@127.0.0.1:${controller(id)}`,
      ).join(","),
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: of,
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: of,
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: Math.max(1, of - 1),
      KAFKA_DEFAULT_REPLICATION_FACTOR: of,
      KAFKA_MIN_INSYNC_REPLICAS: Math.max(1, of - 1),
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: "false",
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: 0,
      KAFKA_LOG_DIRS: "/var/lib/kafka/data/logs",
      KAFKA_HEAP_OPTS: "-Xms128m -Xmx256m",
    };
    const name = this.container(broker);
    await docker(
      ...["run", "-d", "--name", name, "--network", "host", "-v", `${name}:/var/lib/kafka/data`],
      ...Object.entries(env).flatMap(([key, value]) => ["-e", `${key}=${value}`]),
      image,
    );
  }

  /** Stops a broker; its volume stays. */
  async stop(broker: number): Promise<void> {
    await docker("stop", "-t", "30", this.container(broker));
    await docker("rm", "-v", this.container(broker));
  }

  async remove(): Promise<void> {
    for (const broker of [0, 1, 2]) {
      await docker("rm", "-f", "-v", this.container(broker)).catch(() => "");
      await docker("volume", "rm", "-f", this.container(broker)).catch(() => "");
    }
  }
}
