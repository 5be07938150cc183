import { expect, test } from "vitest";
import { RateLimiter } from "../edge/rate-limit.ts";
import { Admission } from "./admission.ts";
import { type Applicant, type GateParts, LocalGate, type Pass } from "./gate.ts";
import { Places } from "./places.ts";

const none: GateParts = { limiter: undefined, requests: undefined, tunnels: undefined };

/** An applicant that says what became of it. */
class Someone implements Applicant {
  readonly client: string;
  readonly tunnel: boolean;
  said: string | undefined;
  pass: Pass | undefined;

  constructor(tunnel = false, client = "192.0.2.1") {
    this.tunnel = tunnel;
    this.client = client;
  }

  onAdmitted(pass: Pass | undefined): void {
    this.said = "in";
    this.pass = pass;
  }

  onRefused({ reason }: { reason: string }): void {
    this.said = reason;
  }
}

function enter(gate: LocalGate, tunnel = false, client?: string): Someone {
  const someone = new Someone(tunnel, client);
  gate.enter(someone, 0);
  return someone;
}

test("without limits all are let in, with nothing to give back", () => {
  const { said, pass } = enter(new LocalGate(none));
  expect([said, pass]).toEqual(["in", undefined]);
});

test("the rate is asked first, of requests and handshakes alike", () => {
  const limiter = new RateLimiter({ perClient: { rate: 1, burst: 2 } });
  const gate = new LocalGate({ ...none, limiter, requests: new Admission(1, 0) });
  expect([false, true, false, true].map((tunnel) => enter(gate, tunnel).said)).toEqual([
    "in",
    "shed",
    "rate_limited",
    "rate_limited",
  ]);
});

test("who finds no place waits or is refused, and a place that is left is the next one's", () => {
  const gate = new LocalGate({ ...none, requests: new Admission(1, 1) });
  const [a, b, c] = [enter(gate), enter(gate), enter(gate)];
  expect([a.said, b.said, c.said]).toEqual(["in", undefined, "shed"]);
  a.pass?.leave();
  a.pass?.leave();
  expect(b.said).toBe("in");
  expect(enter(gate).said).toBeUndefined();
});

test("whoever does not wait any more takes no place", () => {
  const gate = new LocalGate({ ...none, requests: new Admission(1, 1), tunnels: new Places(2) });
  const [a, b] = [enter(gate), enter(gate, true)];
  gate.forget(b);
  gate.forget(b);
  const c = enter(gate);
  a.pass?.leave();
  expect([b.said, c.said]).toEqual([undefined, "in"]);
  c.pass?.leave();
  // Its place among the tunnels came back too.
  expect([true, true].map((tunnel) => enter(gate, tunnel).said)).toEqual(["in", undefined]);
});

test("who was let in after a while does not wait any more", () => {
  const gate = new LocalGate({ ...none, requests: new Admission(1, 1) });
  const [a, b] = [enter(gate), enter(gate)];
  a.pass?.leave();
  gate.forget(b);
  // Its place is still taken.
  expect(enter(gate).said).toBeUndefined();
});

test("tunnels have places of their own, and are requests until they are open", () => {
  const gate = new LocalGate({ ...none, requests: new Admission(1, 0), tunnels: new Places(2) });
  const a = enter(gate, true);
  expect(enter(gate).said).toBe("shed");
  a.pass?.becomeLong();
  const b = enter(gate);
  expect(b.said).toBe("in");
  b.pass?.leave();
  const c = enter(gate, true);
  c.pass?.becomeLong();
  expect(enter(gate, true).said).toBe("tunnels");
  a.pass?.leave();
  a.pass?.leave();
  expect(enter(gate, true).said).toBe("in");
});

test("a tunnel that finds no request's place gives its own back", () => {
  const gate = new LocalGate({ ...none, requests: new Admission(1, 0), tunnels: new Places(1) });
  const a = enter(gate);
  expect(enter(gate, true).said).toBe("shed");
  a.pass?.leave();
  expect(enter(gate, true).said).toBe("in");
});

test("tunnels alone may be limited", () => {
  const gate = new LocalGate({ ...none, tunnels: new Places(1) });
  expect([true, true, false, false].map((tunnel) => enter(gate, tunnel).said)).toEqual([
    "in",
    "tunnels",
    "in",
    "in",
  ]);
});

test("what turns out to last takes a tunnel's place while there is one, once", () => {
  const gate = new LocalGate({ ...none, requests: new Admission(3, 0), tunnels: new Places(2) });
  const [a, b, c] = [enter(gate), enter(gate), enter(gate)];
  for (let i = 0; i < 2; i++) for (const each of [a, b, c]) each.pass?.becomeLong();
  // Two lasting ones stand apart, and the third keeps the place of a request.
  const [d, e, f] = [enter(gate), enter(gate), enter(gate)];
  expect([d.said, e.said, f.said]).toEqual(["in", "in", "shed"]);
  for (const each of [a, c]) each.pass?.leave();
  expect([enter(gate).said, enter(gate).said]).toEqual(["in", "shed"]);
});

test("what is said to last twice gives one place back", () => {
  const gate = new LocalGate({ ...none, requests: new Admission(9, 0), tunnels: new Places(1) });
  const a = enter(gate);
  for (let i = 0; i < 2; i++) a.pass?.becomeLong();
  expect(enter(gate, true).said).toBe("tunnels");
  a.pass?.leave();
  expect(enter(gate, true).said).toBe("in");
});
