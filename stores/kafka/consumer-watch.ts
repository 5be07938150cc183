import { lookup } from "node:dns/promises";
import { createServer, type Server } from "node:http";
import { connect } from "node:net";
import { expositionType } from "../../core/exposition.ts";
import { orderAnswers } from "../../core/workload.ts";
import { BrokerLink } from "./broker-link.ts";
import { type AskGroup, askGroup, GroupProgress } from "./group-progress.ts";
import { type AskReport, askReport } from "./group-report.ts";
import { watchMetrics } from "./watch-metrics.ts";
import { readWatch, type Watch } from "./watch-settings.ts";

export { readWatch } from "./watch-settings.ts";

/**
 * Says whether a service whose consumer never comes back by itself is still alive: its port accepts, its
 * group has a member at this address, and no records wait that this member does not read. When Kafka does not answer
 * nobody is to blame, and restarting would help nobody; when the service is not there, its time starts anew once it is.
 */
export class ConsumerWatch {
  readonly #watch: Watch;
  readonly #ask: AskGroup;
  readonly #report: AskReport;
  readonly #knock: () => Promise<Knocked>;
  readonly #progress: GroupProgress;
  /** Kept where the consumer ends with the broker. */
  readonly #link: BrokerLink | undefined;
  /** Whether it has ended, and Kafka serves groups again. */
  #ended = false;
  /** Whether the group had a member here at the last look that Kafka answered. */
  #memberHere = true;
  /** Since when the group has had no member here. */
  #since = Date.now();
  /** Restarts since it last had one: a service that is only slow to join, on a busy machine, gets more time after each. */
  #restarts = 0;
  /** Since when the port does not accept. */
  #closedSince: number | undefined;
  #server: Server | undefined;
  #timer: NodeJS.Timeout | undefined;
  #heeding: NodeJS.Timeout | undefined;
  #closed = false;
  #said: string | undefined;
  /** Orders that were given. */
  #orders = 0;
  /** Answers in a row that the service is dead. */
  #deadAnswers = 0;

  /**
   * @param ask throws when Kafka does not answer; so does `report`, which is asked for any groups.
   * @param knockAtService at its port.
   */
  constructor(
    watch: Watch,
    ask: AskGroup,
    report: AskReport = askReport(watch.bootstrap),
    knockAtService = () => knock(watch.host ?? "127.0.0.1", watch.servicePort),
  ) {
    this.#knock = knockAtService;
    this.#watch = watch;
    this.#ask = ask;
    this.#report = report;
    this.#progress = new GroupProgress(watch.stallSeconds * 1000);
    this.#link = watch.endsWithBroker ? new BrokerLink(watch.bootstrap) : undefined;
  }

  /** One look at the group. */
  async look(now: number = Date.now()): Promise<void> {
    const port = await this.#knock();
    if (port === "open") this.#closedSince = undefined;
    else this.#closedSince ??= now;
    // One that is silent may have no time to answer: nothing has begun anew.
    if (port === "closed") {
      this.#begins(now);
      return;
    }
    try {
      const states = await this.#ask();
      // Not before: a consumer that begins while Kafka does not serve groups yet ends again.
      if (this.#link?.returned) this.#ended = true;
      if (states !== undefined) {
        this.#since = now;
        this.#restarts = 0;
      }
      this.#memberHere = states !== undefined;
      this.#progress.note(states ?? [], now);
    } catch {
      this.#since = now;
      this.#progress.note([], now);
    }
  }

  /**
   * Knocks between looks while an order to end the service is due, or may soon be: it may begin anew by itself in less time than
   * passes between two looks, and its new consumer has done nothing.
   */
  async heed(): Promise<void> {
    const due = this.#link?.returned || !this.#memberHere || this.dead() !== undefined;
    if (due && (await this.#knock()) === "closed") this.#begins(Date.now());
  }

  /** Why the consumer counts as dead; undefined while it does not. */
  dead(now: number = Date.now()): string | undefined {
    const { group, address, host } = this.#watch;
    if (this.#ended) return `Kafka was away, with which the consumer of group ${group} has ended`;
    if (this.#memberless(now)) return `group ${group} has had no member at ${host ?? address} for too long`;
    const [stall] = this.#progress.stalls(now);
    return stall && `group ${group} reads no further in ${stall.partition} than ${stall.committed}`;
  }

  /** Why a probe should end the service: its consumer is dead, or its port has not accepted for long; undefined while it lives. */
  ailing(now: number = Date.now()): string | undefined {
    const { servicePort, closedSeconds } = this.#watch;
    const closed = this.#closedSince !== undefined && now - this.#closedSince >= closedSeconds * 1000;
    return closed ? `port ${servicePort} does not accept` : this.dead(now);
  }

  /** Takes down that the service is about to end: it has all its time before it, whether or not a look sees it gone. */
  ordered(now: number = Date.now()): void {
    this.#orders++;
    if (this.#memberless(now)) this.#restarts++;
    if (this.#closedSince !== undefined) this.#closedSince = now;
    this.#begins(now);
  }

  /** What a scraper is told of the group. Kafka is asked then, so that a figure is never older than its time. */
  async metrics(): Promise<string> {
    const { group, service, host, topics } = this.#watch;
    const report = await this.#report([group]).catch(() => undefined);
    return watchMetrics({
      service: service ?? host ?? group,
      group,
      topics,
      standing: report?.groups.find((each) => each.group === group),
      answered: report !== undefined,
      stalledSeconds: this.#progress.waitedMs(Date.now()) / 1000,
      restarts: this.#orders,
    });
  }

  #memberless(now: number): boolean {
    // Eight times as long at most: it may be dead each time.
    return now - this.#since > this.#watch.patienceSeconds * 1000 * 2 ** Math.min(this.#restarts, 3);
  }

  /** The service is about to begin anew, and its consumer with it: it has all its time before it. */
  #begins(now: number): void {
    this.#since = now;
    this.#progress.restarted(now);
    this.#ended = false;
    this.#link?.forget();
  }

  /**
   * Looks every five seconds, and heeds the service in between. GET /live is for the kubelet: 200 or 503, and two of the latter are an order
   * where the service is beside the watch. GET /dead is for
   * a service's own probe, which ends it: 200 is an order, given once, and 404 says that there is none. GET /groups?name=…
   * tells how groups stand, for `beat verify`; GET /metrics tells a scraper.
   * @returns the port.
   */
  async start(): Promise<number> {
    const again = (): void => {
      void this.look().then(() => {
        if (!this.#closed) this.#timer = setTimeout(again, 5000);
      });
    };
    again();
    const heedAgain = (): void => {
      void this.heed().then(() => {
        if (!this.#closed) this.#heeding = setTimeout(heedAgain, 250);
      });
    };
    heedAgain();
    this.#link?.start();
    this.#server = createServer((request, response) => {
      if (request.url === "/dead") {
        const reason = this.dead();
        if (reason !== undefined) {
          console.log(`${reason}: the service is started anew`);
          this.ordered();
        }
        response.writeHead(reason === undefined ? 404 : 200, { "content-type": "text/plain" });
        response.end(`${reason ?? "well"}\n`);
        return;
      }
      const asked = URL.parse(request.url ?? "/", "http://watch");
      if (asked?.pathname === "/metrics") {
        void this.metrics().then((text) => {
          response.writeHead(200, { "content-type": expositionType });
          response.end(text);
        });
        return;
      }
      if (asked?.pathname === "/groups") {
        void this.#report(asked.searchParams.getAll("name"))
          .catch((error: Error) => ({ error: `Kafka does not answer: ${wordsOf(error)}` }))
          .then((report) => {
            response.writeHead(200, { "content-type": "application/json" });
            response.end(`${JSON.stringify(report)}\n`);
          });
        return;
      }
      const reason = this.ailing();
      // The kubelet has its order then. It may have started the service anew before the next look. Elsewhere only the watch's own
      // health is asked for here: taken for an order, it would be one that nobody carries out.
      const beside = this.#watch.host === undefined;
      this.#deadAnswers = reason === undefined || !beside ? 0 : this.#deadAnswers + 1;
      if (this.#deadAnswers === orderAnswers) {
        this.#deadAnswers = 0;
        this.ordered();
      }
      // The kubelet shows no body.
      if (reason !== undefined && reason !== this.#said) console.log(reason);
      this.#said = reason;
      response.writeHead(reason === undefined ? 200 : 503, { "content-type": "text/plain" });
      response.end(`${reason ?? "ok"}\n`);
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
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#heeding);
    this.#link?.close();
    this.#server?.close();
  }
}

/** The client wraps what a broker or a socket said. */
function wordsOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return wordsOf(error.errors[0]);
  const { cause, message } = error as Error;
  return cause instanceof Error ? wordsOf(cause) : message;
}

/** What a port does: it accepts; nobody is there; nothing comes of it within a second. */
export type Knocked = "open" | "closed" | "silent";

function knock(host: string, port: number): Promise<Knocked> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1000 });
    const done = (came: Knocked): void => {
      socket.destroy();
      resolve(came);
    };
    socket.once("connect", () => done("open"));
    socket.once("timeout", () => done("silent"));
    socket.once("error", () => done("closed"));
  });
}

/** Stays beside a service and answers for its consumer; its environment says for which, see {@link readWatch}. */
export async function watch(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const told = readWatch(env);
  const { address, host = "localhost" } = told;
  const at = address === undefined ? async () => (await lookup(host)).address : async () => address;
  await new ConsumerWatch(told, askGroup(told.bootstrap, told.group, at)).start();
}
