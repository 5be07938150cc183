import { createServer, type Server } from "node:http";
import { connect } from "node:net";
import { z } from "zod";
import { type AskGroup, askGroup, GroupProgress } from "./group-progress.ts";

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
  /** Longest time that records wait while the group gets no further, seconds: messaging tries again every 60. */
  stallSeconds: z.coerce.number().int().min(1).default(120),
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
    ...(env.WATCH_STALL_SECONDS !== undefined && { stallSeconds: env.WATCH_STALL_SECONDS }),
  });

/**
 * Says whether a service whose consumer never comes back by itself is still alive: its port accepts, its
 * group has a member at this address, and no records wait that this member does not read. When Kafka does not answer
 * nobody is to blame, and restarting would help nobody; when the service is not there, its time starts anew once it is.
 */
export class ConsumerWatch {
  readonly #watch: Watch;
  readonly #ask: AskGroup;
  readonly #progress: GroupProgress;
  #since = Date.now();
  #server: Server | undefined;
  #timer: NodeJS.Timeout | undefined;
  #said: string | undefined;

  /** @param ask throws when Kafka does not answer. */
  constructor(watch: Watch, ask: AskGroup) {
    this.#watch = watch;
    this.#ask = ask;
    this.#progress = new GroupProgress(watch.stallSeconds * 1000);
  }

  /** One look at the group. */
  async look(now: number = Date.now()): Promise<void> {
    if (!(await accepts(this.#watch.servicePort))) {
      this.#since = now;
      this.#progress.restarted(now);
      return;
    }
    try {
      const states = await this.#ask();
      if (states !== undefined) this.#since = now;
      this.#progress.note(states ?? [], now);
    } catch {
      this.#since = now;
      this.#progress.note([], now);
    }
  }

  /** Why the consumer counts as dead; undefined while it does not. */
  dead(now: number = Date.now()): string | undefined {
    const { group, address, patienceSeconds } = this.#watch;
    if (now - this.#since > patienceSeconds * 1000)
      return `group ${group} has had no member at ${address} for too long`;
    const [stall] = this.#progress.stalls(now);
    return stall && `group ${group} reads no further in ${stall.partition} than ${stall.committed}`;
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
      const { servicePort } = this.#watch;
      void accepts(servicePort).then((open) => {
        const reason = open ? this.dead() : `port ${servicePort} does not accept`;
        // The kubelet shows no body.
        if (open && reason !== undefined && reason !== this.#said) console.log(reason);
        this.#said = reason;
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

/** Stays beside a service and answers for its consumer; its environment says for which, see {@link readWatch}. */
export async function watch(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const told = readWatch(env);
  await new ConsumerWatch(told, askGroup(told.bootstrap, told.group, told.address)).start();
}
