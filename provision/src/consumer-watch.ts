import { createServer, type Server } from "node:http";
import { connect } from "node:net";
import { Admin } from "@platformatic/kafka";
import { z } from "zod";

/** What the watch is told through its environment. */
const watchSchema = z.strictObject({
  /** Kafka, host:port. */
  bootstrap: z.string().min(1),
  /** Consumer group that the service beside it belongs to. */
  group: z.string().min(1),
  /** The pod's address: the member that is looked for connects from there. */
  address: z.string().min(1),
  /** Port of the service beside it. */
  servicePort: z.coerce.number().int(),
  /** Port that answers GET /live. */
  port: z.coerce.number().int(),
  /** Longest time without a member until the service counts as dead, seconds: a rebalance takes less. */
  patienceSeconds: z.coerce.number().int().min(1).default(60),
});
export type Watch = z.output<typeof watchSchema>;

/** Reads the watch from environment variables WATCH_*. @throws a ZodError. */
export const readWatch = (env: Readonly<Record<string, string | undefined>>): Watch =>
  watchSchema.parse({
    bootstrap: env.WATCH_BOOTSTRAP,
    group: env.WATCH_GROUP,
    address: env.WATCH_ADDRESS,
    servicePort: env.WATCH_SERVICE_PORT,
    port: env.WATCH_PORT,
    ...(env.WATCH_PATIENCE_SECONDS !== undefined && { patienceSeconds: env.WATCH_PATIENCE_SECONDS }),
  });

/** What is asked of the group: whether a member connects from the address; throws when Kafka does not answer. */
export type Membership = () => Promise<boolean>;

/**
 * Says whether a service whose consumer never comes back by itself is still alive (contracts P3): its port accepts, and
 * its group has a member at this address. When Kafka does not answer nobody is to blame, and restarting would help
 * nobody; when the service is not there, its time starts anew once it is.
 */
export class ConsumerWatch {
  readonly #watch: Watch;
  readonly #isMember: Membership;
  #since = Date.now();
  #server: Server | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(watch: Watch, isMember: Membership) {
    this.#watch = watch;
    this.#isMember = isMember;
  }

  /** One look at the group. */
  async look(now: number = Date.now()): Promise<void> {
    try {
      if (!(await accepts(this.#watch.servicePort)) || (await this.#isMember())) this.#since = now;
    } catch {
      this.#since = now;
    }
  }

  /** Whether the consumer counts as dead. */
  dead(now: number = Date.now()): boolean {
    return now - this.#since > this.#watch.patienceSeconds * 1000;
  }

  /** Looks every five seconds and answers the kubelet. @returns the port. */
  async start(): Promise<number> {
    const again = (): void => {
      void this.look().then(() => {
        this.#timer = setTimeout(again, 5000);
      });
    };
    again();
    this.#server = createServer((_, response) => {
      const { group, address, servicePort } = this.#watch;
      void accepts(servicePort).then((open) => {
        const reason = open
          ? this.dead()
            ? `group ${group} has had no member at ${address} for too long`
            : undefined
          : `port ${servicePort} does not accept`;
        response.writeHead(reason === undefined ? 200 : 503, { "content-type": "text/plain" });
        response.end(`${reason ?? "ok"}\n`);
      });
    });
    const server = this.#server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#watch.port, resolve);
    });
    const at = server.address();
    return typeof at === "object" && at !== null ? at.port : this.#watch.port;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#server?.close();
  }
}

/** Asks Kafka for the members of the group. */
export function membershipOf({ bootstrap, group, address }: Watch): Membership {
  const admin = new Admin({
    clientId: "beat-watch",
    bootstrapBrokers: [bootstrap],
    retries: 0,
    connectTimeout: 2000,
    autocreateTopics: false,
  });
  return async () => {
    const groups = await admin.describeGroups({ groups: [group] });
    const members = [...(groups.get(group)?.members.values() ?? [])];
    // Brokers write an address with a slash in front.
    return members.some(({ clientHost }) => clientHost.replace(/^\//, "") === address);
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, timeout: 1000 });
    const done = (open: boolean): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once("connect", () => done(true));
    socket.once("timeout", () => done(false));
    socket.once("error", () => done(false));
  });
}
