import { beforeEach, describe, expect, test, vi } from "vitest";
import type { ClientConnection } from "../client/connection.ts";
import type { Turn } from "../client/turn.ts";
import { refusals } from "../message/refusals.ts";
import type { RouteMetrics } from "../observe/metrics.ts";
import { type Answering, Exchange, type ExchangeHost } from "./exchange.ts";

/** A client whose kernel takes what is written when it is told to. */
class Client {
  current: Exchange | undefined;
  closeReason: string | undefined;
  readonly address = "192.0.2.1";
  readonly calls: string[] = [];
  readonly #taken: ((error?: Error) => void)[] = [];
  readonly socket = {
    writable: true,
    writableLength: 0,
    write: (bytes: string | Buffer, encoding?: unknown, done?: (error?: Error) => void) => {
      this.socket.writableLength += bytes.length;
      const callback = typeof encoding === "function" ? (encoding as () => void) : done;
      if (callback !== undefined) this.#taken.push(callback);
      return true;
    },
  };
  next(): void {
    this.calls.push("next");
  }
  end(reason: string): void {
    this.calls.push(`end: ${reason}`);
  }
  destroy(reason: string): void {
    this.calls.push(`destroy: ${reason}`);
  }
  reset(reason: string): void {
    this.calls.push(`reset: ${reason}`);
  }
  takes(error?: Error): void {
    this.socket.writableLength = 0;
    for (const done of this.#taken.splice(0)) done(error);
  }
}

let client: Client;
let host: ExchangeHost & { over: Exchange[] };
let exchange: Exchange;
beforeEach(() => {
  client = new Client();
  const over: Exchange[] = [];
  host = {
    draining: false,
    unrouted: {} as RouteMetrics,
    over,
    onOver: (one) => void over.push(one),
    onSwitched: vi.fn(),
    onTunnelEnd: vi.fn(),
  };
  exchange = new Exchange(client as unknown as ClientConnection, {}, host, performance.now());
});

describe("what is told of an answer", () => {
  test("waits until it is sent, and the next turn does not", () => {
    exchange.reply(200, "{}");
    expect(client.calls).toEqual(["end: refused"]);
    expect(host.over).toEqual([]);
    client.takes();
    expect(host.over).toEqual([exchange]);
    expect([exchange.status, exchange.outcome, exchange.close]).toEqual([200, undefined, "refused"]);
  });

  test("is that it was cut, when its client never took it", () => {
    exchange.reply(200, "{}");
    client.closeReason = "send_timeout";
    client.takes(new Error("gone"));
    expect(host.over).toEqual([exchange]);
    expect([exchange.outcome, exchange.close]).toEqual(["cut", "send_timeout"]);
  });

  test("does not wait for a client that has left", () => {
    client.socket.writable = false;
    exchange.finish();
    expect(host.over).toEqual([exchange]);
  });

  test("is 499 and who closed, when the client left before it", () => {
    exchange.onClientGone();
    expect(host.over).toEqual([exchange]);
    expect([exchange.status, exchange.close]).toEqual([499, "client"]);
    exchange.onClientGone();
    expect(host.over).toHaveLength(1);
  });
});

describe("an answer that cannot be completed", () => {
  test.each([
    ["is reset where the connection's end delimits it", true, false, "reset: upstream"],
    ["is reset there at once, too", true, true, "reset: upstream"],
    ["ends in good order elsewhere, so that answers before it arrive", false, false, "end: upstream"],
    ["ends at once for a client that takes nothing", false, true, "destroy: upstream"],
  ])("%s", (_what, undelimited, atOnce, call) => {
    exchange.decideClose(undelimited);
    exchange.cut("upstream", atOnce);
    expect(client.calls).toEqual([call]);
    expect(client.current).toBeUndefined();
    expect([exchange.outcome, exchange.close, host.over]).toEqual(["cut", "upstream", [exchange]]);
  });
});

test("a tunnel that is over ends its connection once what was written is taken, and is told of then", () => {
  client.socket.write("the last words");
  exchange.endTunnel("upstream");
  expect(client.calls).toEqual(["end: upstream"]);
  expect(host.over).toEqual([]);
  expect(host.onTunnelEnd).toHaveBeenCalledWith(exchange);
  client.takes();
  expect([host.over, exchange.close]).toEqual([[exchange], "upstream"]);
});

/** A request of which the client keeps its connection. @param complete whether its body has been read. */
function requested(complete = true): Exchange {
  const request = { complete, head: { hasBody: true }, discardBody() {} };
  const response = { shouldKeepAlive: true, emit() {} };
  const turn = { request, response } as unknown as Turn;
  return new Exchange(client as unknown as ClientConnection, turn, host, performance.now());
}

describe("a request that turns out to be broken", () => {
  test("ends its connection though it is answered, since nobody knows what the rest of it means", () => {
    const broken = requested();
    broken.abort(refusals.notHttp, "client");
    expect(client.calls).toEqual(["end: client"]);
    expect([broken.status, broken.close]).toEqual([400, "client"]);
  });

  test("is told to who makes its answer", () => {
    const broken = requested();
    const told: unknown[] = [];
    broken.answering = { onAborted: (...what: unknown[]) => told.push(what) } as unknown as Answering;
    broken.abort(refusals.notHttp, "client");
    expect([told, client.calls]).toEqual([[[refusals.notHttp, "client"]], []]);
    // Whatever the answer is, it is the last one.
    broken.reply(200, "{}");
    expect(client.calls).toEqual(["end: client"]);
  });
});

test.each([
  ["goes on once the body is read", true, "next"],
  ["does not go on beside a body that nobody reads to its end", false, "end: unread_body"],
])("a connection %s", (_what, complete, call) => {
  requested(complete).reply(200, "{}");
  expect(client.calls).toEqual([call]);
});
