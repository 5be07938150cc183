import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Route } from "../../../config/route-table.ts";
import type { Applicant, Pass } from "./gate.ts";
import { GateKeeper } from "./gate-keeper.ts";
import { RemoteGates } from "./remote-gates.ts";

const route = (name: string, more: Partial<Route> = {}): Route => ({
  name,
  host: "127.0.0.1",
  port: 1,
  prefix: `/${name}`,
  strip_prefix: true,
  skip_prefix: [],
  ...more,
});
const one = route("a", { concurrency: { max: 1, queue: 1 } });

class Someone implements Applicant {
  readonly client = "192.0.2.1";
  readonly tunnel: boolean;
  said: string | undefined;
  pass: Pass | undefined;
  answers = 0;

  constructor(tunnel = false) {
    this.tunnel = tunnel;
  }

  onAdmitted(pass: Pass | undefined): void {
    this.answers++;
    this.said = "in";
    this.pass = pass;
  }

  onRefused({ reason }: { reason: string }): void {
    this.answers++;
    this.said = reason;
  }
}

/** A primary that counts, and as many workers as wanted, whose messages take a turn of the loop. */
function primary(services: Route[], perClient?: number) {
  const keeper = new GateKeeper({ maxConnectionsPerClient: perClient });
  keeper.use({ services });
  const worker = () => {
    const messages = { asks: 0, answers: 0 };
    const counter = keeper.counter((answers) => {
      messages.answers++;
      gates.onAnswers(answers);
    });
    const gates: RemoteGates = new RemoteGates((asks) => {
      messages.asks++;
      counter.onAsks(asks);
    }, perClient !== undefined);
    gates.use({ services });
    return { gates, counter, messages };
  };
  return { keeper, worker };
}
type Worker = ReturnType<ReturnType<typeof primary>["worker"]>;

/** All messages that are on their way, and the answers to them. */
async function settled(): Promise<void> {
  for (let i = 0; i < 4; i++) await nextTurn();
}

async function enter({ gates }: Worker, name: string, tunnel = false): Promise<Someone> {
  const someone = new Someone(tunnel);
  gates.of({ name })?.enter(someone, 0);
  await settled();
  return someone;
}

test("the workers of a primary share a limit, in the order in which they asked", async () => {
  const { worker } = primary([one]);
  const [first, second] = [worker(), worker()];
  const a = await enter(first, "a");
  const b = await enter(second, "a");
  const c = await enter(first, "a");
  expect([a.said, b.said, c.said]).toEqual(["in", undefined, "shed"]);
  a.pass?.leave();
  a.pass?.leave();
  await settled();
  expect(b.said).toBe("in");
  expect((await enter(first, "a")).said).toBeUndefined();
  for (const { answers } of [a, b, c]) expect(answers).toBe(1);
});

test("what one turn brings is one message, and so are the answers", async () => {
  const { worker } = primary([route("a", { concurrency: { max: 9 } })]);
  const all = worker();
  const [a, b] = [new Someone(), new Someone()];
  for (const each of [a, b]) all.gates.of({ name: "a" })?.enter(each, 0);
  await settled();
  expect([a.said, b.said]).toEqual(["in", "in"]);
  expect(all.messages).toEqual({ asks: 1, answers: 1 });
});

test("only routes with limits ask", () => {
  const { worker } = primary([one, route("b")]);
  const { gates } = worker();
  expect([gates.of({ name: "a" }), gates.of({ name: "b" })].map((gate) => gate !== undefined)).toEqual([
    true,
    false,
  ]);
});

test("whoever leaves while it waits is not answered, and its turn is given up", async () => {
  const { worker } = primary([one]);
  const all = worker();
  const a = await enter(all, "a");
  const b = await enter(all, "a");
  all.gates.of({ name: "a" })?.forget(b);
  await settled();
  const c = await enter(all, "a");
  a.pass?.leave();
  await settled();
  expect([b.said, c.said]).toEqual([undefined, "in"]);
});

test("who was let in does not wait any more", async () => {
  const { worker } = primary([one]);
  const all = worker();
  const a = await enter(all, "a");
  all.gates.of({ name: "a" })?.forget(a);
  await settled();
  // Its place is still taken.
  expect((await enter(all, "a")).said).toBeUndefined();
});

test("whoever leaves while the answer is on its way leaves no place behind", async () => {
  const { worker } = primary([one]);
  const all = worker();
  const gone = new Someone();
  all.gates.of({ name: "a" })?.enter(gone, 0);
  await nextTurn();
  all.gates.of({ name: "a" })?.forget(gone);
  await settled();
  expect(gone.answers).toBe(0);
  expect((await enter(all, "a")).said).toBe("in");
});

test("what a worker held comes back when it is gone, and what it waited for is not served", async () => {
  const { worker } = primary([route("a", { concurrency: { max: 1, queue: 5 } })]);
  const [first, second] = [worker(), worker()];
  await enter(first, "a");
  await enter(first, "a");
  const next = await enter(second, "a");
  expect(next.said).toBeUndefined();
  first.counter.close();
  await settled();
  expect(next.said).toBe("in");
});

test("what turns out to last gives its place to a request", async () => {
  const { worker } = primary([route("a", { concurrency: { max: 1, queue: 0 }, tunnels: { max: 1 } })]);
  const all = worker();
  const tunnel = await enter(all, "a", true);
  expect((await enter(all, "a")).said).toBe("shed");
  tunnel.pass?.becomeLong();
  await settled();
  expect((await enter(all, "a")).said).toBe("in");
  expect((await enter(all, "a", true)).said).toBe("tunnels");
  tunnel.pass?.leave();
  await settled();
  // The tunnel's place is free, the request's is not.
  expect((await enter(all, "a", true)).said).toBe("shed");
});

test("a route that lost its limits lets all in that the worker still asks for", async () => {
  const { keeper, worker } = primary([one]);
  const all = worker();
  keeper.use({ services: [route("a")] });
  const [a, b, c] = [await enter(all, "a"), await enter(all, "a"), await enter(all, "a")];
  expect([a, b, c].map(({ said, pass }) => [said, pass])).toEqual([
    ["in", undefined],
    ["in", undefined],
    ["in", undefined],
  ]);
});

test("connections of one client are counted together too", async () => {
  const { worker } = primary([], 1);
  const [first, second] = [worker(), worker()];
  const said: (string | undefined)[] = [];
  for (const { gates } of [first, second]) {
    const someone = new Someone(true);
    gates.connections?.enter(someone, 0);
    await settled();
    said.push(someone.said);
  }
  expect(said).toEqual(["in", "tunnels"]);
  expect(primary([]).worker().gates.connections).toBeUndefined();
});
