import type { Cluster, Worker } from "node:cluster";
import type { RouteTable } from "../../../config/route-table.ts";
import type { AccessLog } from "../observe/access-log.ts";
import type { GateKeeper } from "../policy/gate-keeper.ts";
import type { Order, Report } from "./messages.ts";
import { StartError } from "./wiring.ts";

/** A worker that lives shorter than this, in milliseconds, died of its start. */
const quick = 5_000;
/** So many quick deaths in a row are no accident. */
const most = 5;
/** Milliseconds that a worker may take to answer an order. */
const answerTime = 1_000;

/** One worker and its successors. */
interface Place {
  readonly number: number;
  worker: Worker | undefined;
  /** It takes orders. */
  serving: boolean;
  /** It takes connections. */
  listening: boolean;
  born: number;
  quickDeaths: number;
  /** The last snapshot of the present worker. */
  last: unknown;
}

/** What a set of workers runs with. */
export interface WorkersOptions {
  readonly cluster: Cluster;
  readonly log: AccessLog;
  readonly table: RouteTable;
  /** Counts what holds for all workers together. */
  readonly keeper: GateKeeper;
  readonly count: number;
  /** Called when workers keep dying; nothing is restarted any more. */
  readonly giveUp: (reason: string) => void;
  /** Adds what stays of a dead worker's last snapshot to that of the others. */
  readonly retire?: ((total: unknown, last: unknown) => unknown) | undefined;
}

/**
 * The worker processes of a primary: forked, replaced when they die, told of tables, asked for figures, drained.
 *
 * The primary accepts and hands connections out in turn (SCHED_RR): each worker gets the same number, connections
 * that wait survive a worker, and a taken port is an error as usual. It costs only new connections (5,500 a second
 * where the others take 11,000). With `reusePort` the kernel spreads by hash, and a second gateway on the same port
 * goes unnoticed; with a shared handle one worker does up to 1.7 times the work of the other.
 */
export class Workers {
  readonly #options: WorkersOptions;
  readonly #places: Place[] = [];
  readonly #answers = new Map<number, (value: unknown) => void>();
  #retired: unknown;
  #table: RouteTable;
  #ticket = 0;
  #stopping = false;
  #listening: ((address: unknown) => void) | undefined;
  #failed: ((error: StartError) => void) | undefined;

  constructor(options: WorkersOptions) {
    this.#options = options;
    this.#table = options.table;
    options.keeper.use(options.table);
  }

  /**
   * Forks them; resolves with the address once every one listens.
   * @throws {StartError}
   */
  start(): Promise<unknown> {
    const { cluster, count } = this.#options;
    cluster.schedulingPolicy = cluster.SCHED_RR;
    cluster.setupPrimary({ args: ["worker"] });
    return new Promise((resolve, reject) => {
      // All at once: one that has listened may have died since.
      this.#listening = (address) => {
        if (!this.#places.every(({ listening }) => listening)) return;
        this.#failed = undefined;
        resolve(address);
      };
      this.#failed = reject;
      for (let number = 1; number <= count; number++)
        this.#places.push({
          number,
          worker: undefined,
          serving: false,
          listening: false,
          born: 0,
          quickDeaths: 0,
          last: undefined,
        });
      for (const place of this.#places) this.#fork(place);
    });
  }

  /** Hands a table to every worker; resolves with how many took it. */
  async use(table: RouteTable): Promise<number> {
    this.#table = table;
    this.#options.keeper.use(table);
    const asked = this.#places.filter(({ serving }) => serving);
    const taken = await Promise.all(asked.map((place) => this.#ask(place, { kind: "use", table })));
    return taken.filter((value) => value === true).length;
  }

  /** The figures of all workers, dead ones included; one that does not answer in time counts as it last did. */
  async gather(): Promise<unknown[]> {
    const asked = this.#places.filter(({ serving }) => serving);
    await Promise.all(
      asked.map(async (place) => {
        const { worker } = place;
        const snapshot = await this.#ask(place, { kind: "snapshot" });
        if (snapshot !== undefined && place.worker === worker) place.last = snapshot;
      }),
    );
    return [this.#retired, ...this.#places.map(({ last }) => last)].filter(
      (figures) => figures !== undefined,
    );
  }

  /**
   * Lets every worker finish; one that is not gone after `limit` milliseconds is killed.
   * @returns whether all of them ended in good order.
   */
  async drain(limit: number): Promise<boolean> {
    this.#stopping = true;
    let orderly = true;
    const gone = this.#places.map(
      ({ worker }) =>
        new Promise<void>((resolve) => {
          if (worker === undefined || worker.isDead()) return resolve();
          worker.once("exit", (code) => {
            orderly &&= code === 0;
            resolve();
          });
          this.#send(worker, { kind: "drain" });
        }),
    );
    const deadline = setTimeout(() => {
      this.#options.log.event("workers-killed", { after_ms: limit });
      this.kill();
    }, limit);
    await Promise.all(gone);
    clearTimeout(deadline);
    return orderly;
  }

  /** Ends every worker at once. */
  kill(): void {
    this.#stopping = true;
    for (const { worker } of this.#places) worker?.process.kill("SIGKILL");
  }

  #fork(place: Place): void {
    const worker = this.#options.cluster.fork();
    const counter = this.#options.keeper.counter((answers) => this.#send(worker, { kind: "gates", answers }));
    Object.assign(place, {
      worker,
      serving: false,
      listening: false,
      born: performance.now(),
      last: undefined,
    });
    worker.on("message", (report: Report) => {
      if (report.kind === "ready") {
        place.serving = true;
        this.#send(worker, { kind: "serve", table: this.#table });
      } else if (report.kind === "listening") {
        place.listening = true;
        this.#listening?.(report.address);
      } else if (report.kind === "gates") counter.onAsks(report.asks);
      else if (report.kind === "failed") this.#onFailed(worker, report.message);
      else this.#answers.get(report.ticket)?.(report.value);
    });
    // A worker that cannot be forked or reached; `exit` follows, or it never lived.
    worker.on("error", (error) => this.#options.log.event("worker-error", { reason: error.message }));
    worker.once("exit", (code, signal) => {
      counter.close();
      this.#replace(place, code, signal);
    });
  }

  /** It cannot listen: during the start that is everybody's failure, later the worker's own, and another is tried. */
  #onFailed(worker: Worker, reason: string): void {
    if (this.#failed !== undefined) return this.#failed(new StartError(reason, 1));
    this.#options.log.event("worker-error", { reason });
    worker.process.kill("SIGKILL");
  }

  #replace(place: Place, code: number | null, signal: string | null): void {
    const { log, retire, giveUp } = this.#options;
    place.worker = undefined;
    place.serving = false;
    place.listening = false;
    if (retire !== undefined && place.last !== undefined) this.#retired = retire(this.#retired, place.last);
    place.last = undefined;
    if (this.#stopping) return;
    const lived = Math.round(performance.now() - place.born);
    place.quickDeaths = lived < quick ? place.quickDeaths + 1 : 0;
    const facts = { worker: place.number, code, signal, lived_ms: lived };
    if (place.quickDeaths >= most) {
      this.#stopping = true;
      log.event("worker-died", facts);
      giveUp(`worker ${place.number} died ${most} times in a row, each time within ${quick} ms of its start`);
      return;
    }
    const wait = place.quickDeaths === 0 ? 0 : 100 * 2 ** (place.quickDeaths - 1);
    log.event("worker-died", { ...facts, restart_in_ms: wait });
    log.flush();
    setTimeout(() => {
      if (!this.#stopping) this.#fork(place);
    }, wait);
  }

  #send(worker: Worker, order: Order): void {
    // A worker that died meanwhile is noticed by its exit.
    if (worker.isConnected()) worker.send(order, undefined, () => {});
  }

  /** Resolves with the answer; undefined when the worker is gone or too slow. */
  #ask(
    { worker }: Place,
    order: Omit<Extract<Order, { ticket: number }>, "ticket"> & { table?: RouteTable },
  ): Promise<unknown> {
    const ticket = ++this.#ticket;
    return new Promise((resolve) => {
      const done = (value: unknown) => {
        clearTimeout(timer);
        worker?.off("exit", gone);
        this.#answers.delete(ticket);
        resolve(value);
      };
      const gone = () => done(undefined);
      const timer = setTimeout(gone, answerTime);
      if (worker === undefined) return gone();
      this.#answers.set(ticket, done);
      worker.once("exit", gone);
      this.#send(worker, { ...order, ticket } as Order);
    });
  }
}
