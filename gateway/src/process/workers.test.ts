import type { Cluster, Worker } from "node:cluster";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { RouteTable } from "../../../config/route-table.ts";
import { FakeWorker } from "../../test/support/fake-worker.ts";
import type { AccessLog } from "../observe/access-log.ts";
import { GateKeeper } from "../policy/gate-keeper.ts";
import { readSettings } from "../settings.ts";
import { StartError } from "./start-error.ts";
import { Workers } from "./workers.ts";

const service = { name: "a", host: "127.0.0.1", port: 1, prefix: "/a", strip_prefix: true };
const tableOf = (more: object = {}) => ({ services: [{ ...service, ...more }] }) as unknown as RouteTable;
const [first, next] = [tableOf(), tableOf({ port: 2 })];
const places = tableOf({ concurrency: { max: 1, queue: 0, queue_ms: 1 } });
/** Everything that was said, in order. */
let events: { readonly event: string; readonly [fact: string]: unknown }[];
let forked: FakeWorker[];
let given: string[];
let cluster: Record<string, unknown>;

beforeEach(() => {
  vi.useFakeTimers();
  events = [];
  forked = [];
  given = [];
  cluster = {
    SCHED_RR: 2,
    setupPrimary: vi.fn(),
    fork: () => {
      const worker = new FakeWorker();
      forked.push(worker);
      return worker as unknown as Worker;
    },
  };
});
afterEach(() => {
  vi.useRealTimers();
});

function create(table = first, count = 2): Workers {
  const log = {
    event: (event: string, facts: object = {}) => void events.push({ event, ...facts }),
    flush() {},
  } as unknown as AccessLog;
  return new Workers({
    cluster: cluster as unknown as Cluster,
    log,
    table,
    keeper: new GateKeeper(readSettings({})),
    count,
    giveUp: (reason) => void given.push(reason),
    retire: (total, last) => `${total ?? ""}(${last})`,
  });
}

/** Workers that all serve. */
async function started(table = first, count = 2): Promise<Workers> {
  const workers = create(table, count);
  const start = workers.start();
  for (const worker of forked) worker.serve();
  await start;
  return workers;
}

/** The worker that was forked as the nth, from 0. */
const at = (index: number): FakeWorker => forked.at(index) as FakeWorker;
/** Whether a promise has settled by now, and with what. */
async function now(promise: Promise<unknown>): Promise<unknown> {
  let state: unknown = "pending";
  const set = (value: unknown) => {
    state = value;
  };
  promise.then(set, set);
  await vi.advanceTimersByTimeAsync(0);
  return state;
}
const later = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("the start", () => {
  test("hands connections out in turn, and gives each worker the table once it is ready", () => {
    void create().start();
    expect(cluster.schedulingPolicy).toBe(cluster.SCHED_RR);
    expect(cluster.setupPrimary).toHaveBeenCalledWith({ args: ["worker"] });
    expect(forked).toHaveLength(2);
    expect(at(0).orders).toEqual([]);
    at(0).report({ kind: "ready" });
    expect(at(0).orders).toEqual([{ kind: "serve", table: first }]);
    expect(at(1).orders).toEqual([]);
  });

  test("is over when all listen at once", async () => {
    const start = create().start();
    at(0).serve("one");
    expect(await now(start)).toBe("pending");
    at(0).exit(null, "SIGKILL");
    at(1).serve("two");
    // The first has listened, and does so no more.
    expect(await now(start)).toBe("pending");
    await later(100);
    at(2).serve("three");
    expect(await now(start)).toBe("three");
  });

  test("fails with the first worker that cannot listen", async () => {
    const start = create().start();
    at(0).serve();
    at(1).report({ kind: "ready" });
    at(1).report({ kind: "failed", message: "PROXY_PORT: taken" });
    const problem = await now(start);
    expect(problem).toBeInstanceOf(StartError);
    expect(problem).toMatchObject({ message: "PROXY_PORT: taken", exitCode: 1 });
  });
});

describe("a worker that dies", () => {
  test("is replaced by one that has the table of that moment", async () => {
    const workers = await started();
    await later(5_000);
    void workers.use(next);
    at(0).exit(1);
    expect(events).toEqual([
      { event: "worker-died", worker: 1, code: 1, signal: null, lived_ms: 5_000, restart_in_ms: 0 },
    ]);
    await later(0);
    expect(forked).toHaveLength(3);
    at(2).report({ kind: "ready" });
    expect(at(2).orders).toEqual([{ kind: "serve", table: next }]);
  });

  test("again and again is replaced later each time, and given up with the fifth quick death", async () => {
    const workers = await started();
    for (const [i, wait] of [100, 200, 400, 800].entries()) {
      await later(4_999);
      at(i === 0 ? 0 : -1).exit(1);
      expect(events.at(-1)).toMatchObject({ event: "worker-died", worker: 1, restart_in_ms: wait });
      await later(wait - 1);
      expect(forked).toHaveLength(2 + i);
      await later(1);
      expect(forked).toHaveLength(3 + i);
    }
    expect(given).toEqual([]);
    at(-1).exit(1);
    expect(given).toEqual(["worker 1 died 5 times in a row, each time within 5000 ms of its start"]);
    expect(events.at(-1)).not.toHaveProperty("restart_in_ms");
    // The other place is not filled any more either.
    at(1).exit(1);
    await later(60_000);
    expect(forked).toHaveLength(6);
    expect(await workers.gather()).toEqual([]);
  });

  test("after a long life is no quick death: the count begins anew", async () => {
    await started();
    at(0).exit(1);
    await later(100);
    at(2).exit(1);
    await later(200);
    await later(5_000);
    at(3).exit(1);
    expect(events.at(-1)).toMatchObject({ restart_in_ms: 0 });
    await later(0);
    at(4).exit(1);
    expect(events.at(-1)).toMatchObject({ restart_in_ms: 100 });
  });

  test("while another is on its way is not replaced when all end", async () => {
    const workers = await started();
    at(0).exit(1);
    void workers.drain(1_000);
    await later(100);
    expect(forked).toHaveLength(2);
  });

  test("gives back what it held of the limits", async () => {
    await started(places);
    const enter = (worker: FakeWorker, id: number) =>
      worker.report({ kind: "gates", asks: [["enter", id, "a", "203.0.113.1", false]] });
    const answersOf = (worker: FakeWorker) => worker.ordersOf("gates").flatMap(({ answers }) => answers);
    enter(at(0), 1);
    enter(at(1), 1);
    await later(0);
    expect(answersOf(at(0))).toEqual([["in", 1, true]]);
    expect(answersOf(at(1))).toMatchObject([["refused", 1, { status: 503 }]]);
    at(0).exit(null, "SIGKILL");
    enter(at(1), 2);
    await later(0);
    expect(answersOf(at(1)).slice(1)).toEqual([["in", 2, true]]);
  });

  test("that cannot be reached is told of", async () => {
    await started();
    at(0).emit("error", new Error("no such process"));
    expect(events).toEqual([{ event: "worker-error", reason: "no such process" }]);
  });

  test("in another's place and cannot listen is told of, killed, and replaced", async () => {
    await started();
    at(0).exit(1);
    await later(100);
    at(2).report({ kind: "failed", message: "PROXY_PORT: taken" });
    expect(events.slice(1)).toMatchObject([
      { event: "worker-error", reason: "PROXY_PORT: taken" },
      { event: "worker-died", signal: "SIGKILL", restart_in_ms: 200 },
    ]);
    await later(200);
    expect(forked).toHaveLength(4);
  });
});

describe("another table", () => {
  test("goes to every worker that serves; those that took it are counted", async () => {
    const workers = await started(first, 3);
    for (const worker of forked) worker.answer = () => true;
    at(2).exit(1);
    await later(100);
    at(3).answer = () => true;
    expect(await now(workers.use(next))).toBe(2);
    expect(at(0).ordersOf("use")).toMatchObject([{ table: next }]);
    expect(at(3).orders).toEqual([]);
  });

  test("holds for the limits too", async () => {
    const workers = await started();
    void workers.use(places);
    at(0).report({ kind: "gates", asks: [["enter", 1, "a", "203.0.113.1", false]] });
    await later(0);
    expect(at(0).ordersOf("gates")).toMatchObject([{ answers: [["in", 1, true]] }]);
  });
});

describe("figures", () => {
  test("are those of all workers, and of those that went before", async () => {
    const workers = await started();
    at(0).answer = () => "one";
    at(1).answer = () => "two";
    expect(await now(workers.gather())).toEqual(["one", "two"]);
    at(0).exit(1);
    expect(await now(workers.gather())).toEqual(["(one)", "two"]);
    await later(100);
    at(2).serve().answer = () => "three";
    expect(await now(workers.gather())).toEqual(["(one)", "three", "two"]);
    at(1).exit(1);
    expect(await now(workers.gather())).toEqual(["(one)(two)", "three"]);
  });

  test("of a worker that does not answer are its last ones, after a second", async () => {
    const workers = await started();
    for (const worker of forked) worker.answer = () => "early";
    await now(workers.gather());
    at(0).answer = undefined;
    at(1).answer = () => "late";
    const figures = workers.gather();
    await later(999);
    expect(await now(figures)).toBe("pending");
    await later(1);
    expect(await now(figures)).toEqual(["early", "late"]);
    // An answer that comes after all is nobody's.
    const [, { ticket = 0 } = {}] = at(0).ordersOf("snapshot");
    at(0).report({ kind: "answer", ticket, value: "too late" });
    at(0).answer = () => "again";
    expect(await now(workers.gather())).toEqual(["again", "late"]);
  });

  test("do not wait for a worker that died meanwhile", async () => {
    const workers = await started();
    at(1).answer = () => "two";
    const figures = workers.gather();
    at(0).exit(null, "SIGKILL");
    expect(await now(figures)).toEqual(["two"]);
  });
});

describe("the end", () => {
  test.each([
    ["in good order", 0, true],
    ["badly", 1, false],
  ])("each worker is told once, and waited for; one that ends %s", async (_how, code, orderly) => {
    const workers = await started();
    const drained = workers.drain(1_000);
    for (const worker of forked) expect(worker.ordersOf("drain")).toHaveLength(1);
    at(0).exit(code);
    expect(await now(drained)).toBe("pending");
    at(1).exit(0);
    expect(await now(drained)).toBe(orderly);
    await later(2_000);
    expect(events).toEqual([]);
    expect(forked).toHaveLength(2);
  });

  test("one that does not leave is killed at the limit", async () => {
    const workers = await started();
    const drained = workers.drain(1_000);
    at(0).exit(0);
    await later(999);
    expect(at(1).end).toBeUndefined();
    await later(1);
    expect(events).toEqual([{ event: "workers-killed", after_ms: 1_000 }]);
    expect(at(1).end).toEqual({ code: null, signal: "SIGKILL" });
    expect(await now(drained)).toBe(false);
  });

  test("a kill ends all, and nobody comes after them", async () => {
    const workers = await started();
    workers.kill();
    expect(forked.map(({ end }) => end?.signal)).toEqual(["SIGKILL", "SIGKILL"]);
    await later(60_000);
    expect(forked).toHaveLength(2);
  });
});
