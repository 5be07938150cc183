import { beforeEach, describe, expect, test } from "vitest";
import type { ResponseHead } from "../message/response-head.ts";
import {
  keepsBuffer,
  pauseReading,
  type ReadOutcome,
  type UpstreamConnection,
} from "../upstream/connection.ts";
import type { PoolUser } from "../upstream/pool.ts";
import type { Exchange } from "./exchange.ts";
import { Forward } from "./forward.ts";
import type { ForwardContext } from "./forward-phases.ts";
import type { RouteState } from "./route-state.ts";

const sendTimeout = 1_000;
const responseTimeout = 3_000;
const transferTimeout = 5_000;

/** What becomes of a forwarded request, with a client, a pool and a clock that do what they are told. */
class World {
  now = 100;
  /** Whether the client has taken anything since the last look. */
  takes = false;
  /** Whether the client takes no more for now. */
  full = false;
  readonly calls: string[] = [];
  readonly exchange = {
    method: "GET",
    head: { hasBody: false, length: -1, kept: "", traceparents: 0, tracestate: undefined },
    connection: {
      address: "192.0.2.1",
      trusted: false,
      localPort: "80",
      takesSlowly: () => this.takes,
      socket: { writableLength: 0, cork() {}, uncork() {} },
    },
    metrics: { firstByte() {}, upstreamDone() {}, connected() {} },
    answering: undefined as Forward | undefined,
    decideClose: () => false,
    writeText: (text: string) => this.calls.push(`text ${text.length > 0}`),
    writeBytes: ({ length }: Buffer) => {
      this.exchange.connection.socket.writableLength += length;
    },
    cut: (why: string, atOnce: boolean) => this.calls.push(`cut: ${why}${atOnce ? " at once" : ""}`),
    refuse: ({ status }: { status: number }) => this.calls.push(`refuse: ${status}`),
    finish: () => this.calls.push("finish"),
  };
  readonly upstream = {
    reused: false,
    answered: false,
    endpoint: { avoid: () => this.calls.push("avoid") },
    socket: { write: () => true, cork() {}, uncork() {} },
    resume: () => this.calls.push("resume"),
    destroy: () => this.calls.push("destroy"),
  };
  readonly forward: Forward;
  constructor() {
    Object.defineProperty(this.exchange.connection.socket, "writableNeedDrain", { get: () => this.full });
    const state = {
      route: { strip_prefix: false },
      responseTimeout,
      queueTimeout: 500,
      pool: {
        acquire: (user: PoolUser) => {
          user.onLent(this.upstream as unknown as UpstreamConnection);
          return true;
        },
      },
    };
    const world = this;
    const clock = {
      get now() {
        return world.now;
      },
      read: () => this.now,
    };
    const context = { clock, sendTimeout, transferTimeout };
    this.forward = new Forward(
      this.exchange as unknown as Exchange,
      state as unknown as RouteState,
      "/x",
      context as unknown as ForwardContext,
    );
    this.forward.start();
  }
  /** One read: the head, and a piece of a body that goes on. */
  answerBegins(): ReadOutcome {
    this.upstream.answered = true;
    this.forward.onHead({ status: 200, reason: "OK", length: 100, kept: "" } as ResponseHead);
    return this.piece();
  }
  piece(): ReadOutcome {
    this.forward.onBody(Buffer.from("piece"), 0, 5);
    return this.forward.afterRead();
  }
}

let world: World;
beforeEach(() => {
  world = new World();
});

describe("an upstream", () => {
  test("has its time to answer, and another address is tried first after it", () => {
    expect(world.forward.deadline).toBe(world.now + responseTimeout);
    world.forward.onDeadline(world.forward.deadline);
    expect(world.calls).toEqual(["avoid", "destroy", "refuse: 504"]);
  });

  test("has its time for every piece of the answer, and what has begun is cut after it", () => {
    expect(world.answerBegins()).toBe(0);
    world.now += 50;
    world.piece();
    expect(world.forward.deadline).toBe(world.now + transferTimeout);
    world.calls.length = 0;
    world.forward.onDeadline(world.forward.deadline);
    expect(world.calls).toEqual(["destroy", "cut: timeout"]);
  });
});

describe("the read buffer of an answer that breaks off in the middle of a read", () => {
  const large = Buffer.alloc(20_000);
  test.each([
    ["is not read into while a piece of it is being written", 20_000, keepsBuffer],
    ["is free once that is sent", 0, 0],
  ])("%s", (_what, unsent, outcome) => {
    world.answerBegins();
    world.forward.onBody(large, 0, 20_000);
    world.forward.onUpstreamFailed("ERR_BAD_RESPONSE");
    expect(world.calls.slice(-2)).toEqual(["destroy", "cut: upstream"]);
    world.exchange.connection.socket.writableLength = unsent;
    expect(world.forward.afterRead()).toBe(outcome);
  });
});

describe("a client that takes no more of its answer for now", () => {
  beforeEach(() => {
    world.full = true;
    expect(world.answerBegins()).toBe(pauseReading);
    world.calls.length = 0;
  });

  test("is waited for as long as it takes a little again and again; once it takes nothing it is cut at once", () => {
    expect(world.forward.deadline).toBe(world.now + sendTimeout);
    world.takes = true;
    for (let times = 1; times <= 3; times++) {
      world.now = world.forward.deadline;
      world.forward.onDeadline(world.now);
      expect([world.forward.deadline, world.calls]).toEqual([world.now + sendTimeout, []]);
    }
    world.takes = false;
    world.forward.onDeadline(world.forward.deadline);
    expect(world.calls).toEqual(["destroy", "cut: timeout at once"]);
  });

  test("gets the rest when it does, and the time until then is not the upstream's", () => {
    world.now += 700;
    world.full = false;
    world.forward.onClientDrain();
    expect(world.calls).toEqual(["resume"]);
    expect(world.forward.deadline).toBe(world.now + transferTimeout);
    world.now += 20;
    world.forward.onAnswerEnd();
    world.forward.afterRead();
    expect(world.calls.at(-1)).toBe("finish");
    expect(world.exchange).toMatchObject({ upstreamMs: 20, answering: undefined });
  });
});
