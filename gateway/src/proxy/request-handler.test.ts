import { beforeEach, describe, expect, test } from "vitest";
import type { ClientConnection } from "../client/connection.ts";
import type { Turn } from "../client/turn.ts";
import { readRequestHead } from "../message/request-head.ts";
import type { GatewayRequest } from "../node/request.ts";
import type { Settings } from "../settings.ts";
import type { ActiveRoutes } from "./active-routes.ts";
import { Clock } from "./clock.ts";
import type { Exchange } from "./exchange.ts";
import type { Observers } from "./report.ts";
import { RequestHandler } from "./request-handler.ts";

/** Everything below /ws has WebSocket, nothing below /none is anybody's, and all other paths have a service. */
class World {
  /** Targets that went on to a service. */
  readonly forwarded: string[] = [];
  readonly calls: string[] = [];
  written = "";
  /** What was logged of each turn. */
  readonly logged: Exchange[] = [];
  readonly metrics = { unrouted: { record() {}, refused() {} }, retries: 0 };
  #decided = "";
  readonly client = {
    address: "192.0.2.1",
    trusted: false,
    localPort: "80",
    idle: true,
    current: undefined,
    next: () => this.calls.push("next"),
    end: (why: string) => this.calls.push(`end: ${why}`),
    socket: {
      writable: true,
      writableLength: 0,
      on() {},
      write: (text: string) => {
        this.written += text;
        return true;
      },
    },
  };
  readonly handler: RequestHandler;
  constructor() {
    const state = {
      route: { name: "all" },
      metrics: this.metrics.unrouted,
      maxBodyBytes: 100,
      pool: { acquire: () => this.forwarded.push(this.#decided) > 0 },
    };
    const routes = {
      decide: (target: string) => {
        this.#decided = target;
        return target.startsWith("/none")
          ? { refuse: 404, detail: "no service has this path" }
          : { route: { websocket: target.startsWith("/ws") }, target };
      },
      stateOf: () => state,
      readiness: { states: async () => [] },
    };
    const settings = { maxHeaders: 10, trusted: () => false };
    const log = { request: (one: Exchange) => this.logged.push(one), event() {} };
    this.handler = new RequestHandler(
      routes as unknown as ActiveRoutes,
      settings as unknown as Settings,
      { log, metrics: this.metrics } as unknown as Observers,
      new Clock(),
    );
  }
  request(url: string, fields: readonly string[] = ["Host", "a"], method = "GET"): GatewayRequest {
    const request = {
      ...{ method, url, httpVersion: "1.1", httpVersionMinor: 1, rawHeaders: fields, complete: true },
      head: readRequestHead(fields, false),
      discardBody() {},
    };
    return request as unknown as GatewayRequest;
  }
  /** Begins a turn. @param more what is said of it beforehand. */
  begin(request: GatewayRequest, more: Partial<Turn> = {}): void {
    const response = { shouldKeepAlive: true, emit() {} };
    const turn = { request, response, ...more } as unknown as Turn;
    this.handler.begin(this.client as unknown as ClientConnection, turn);
  }
  /** Status and detail of the answer. */
  get answer(): string {
    const [, status, detail] = /^HTTP\/1\.1 (\d+)[\s\S]*?(?:"detail":"([^"]*)"|$)/.exec(this.written) ?? [];
    return detail === undefined ? `${status}` : `${status} ${detail}`;
  }
}

let world: World;
beforeEach(() => {
  world = new World();
});

const handshake = [
  ...["Host", "a", "Connection", "Upgrade", "Upgrade", "websocket"],
  ...["Sec-WebSocket-Key", "x", "Sec-WebSocket-Version", "13"],
];

describe("a request", () => {
  test("goes on with its path, and is answered by its service", () => {
    world.begin(world.request("/x?y"));
    expect([world.forwarded, world.calls, world.written]).toEqual([["/x?y"], [], ""]);
  });

  test("for a path that is nobody's is refused, and its connection goes on", () => {
    world.begin(world.request("/none"));
    expect([world.answer, world.calls]).toEqual(["404 no service has this path", ["next"]]);
  });

  test.each([
    ["that passes no check", "/x", [], "400 the Host field is missing"],
    [
      "with a target that is none",
      "ftp://a/x",
      ["Host", "a"],
      "400 the request target is neither a path nor an http URL",
    ],
    [
      "for another user",
      "http://u@a/x",
      ["Host", "a"],
      "400 the request target is neither a path nor an http URL",
    ],
    [
      "with too long a body",
      "/x",
      ["Host", "a", "Content-Length", "101"],
      "413 the request body is larger than this path allows",
    ],
  ])("%s is refused, goes nowhere, and its connection ends", (_what, url, fields, answer) => {
    world.begin(world.request(url, fields));
    expect([world.answer, world.calls, world.forwarded]).toEqual([answer, ["end: refused"], []]);
  });

  test("with a body of exactly the limit goes on", () => {
    world.begin(world.request("/x", ["Host", "a", "Content-Length", "100"]));
    expect(world.forwarded).toEqual(["/x"]);
  });

  test.each(["/_gateway", "/_gateway/health", "/_gateway/health?x", "/_gateway/x"])(
    "for %s is the gateway's to answer, whatever routes there are",
    (url) => {
      world.begin(world.request(url));
      expect([world.forwarded, world.answer]).toEqual([
        [],
        url.includes("health") ? "200" : "404 no such path",
      ]);
    },
  );

  test("OPTIONS * is of the gateway itself", () => {
    world.begin(world.request("*", ["Host", "a"], "OPTIONS"));
    expect([world.answer, world.forwarded, world.calls]).toEqual(["204", [], ["next"]]);
  });

  test("is logged once it is over; what is tried again is counted", () => {
    world.begin(world.request("/none"));
    world.handler.onRetry();
    world.handler.onRetry();
    expect([world.logged.map(({ status }) => status), world.metrics.retries]).toEqual([[404], 2]);
  });
});

describe("a handshake", () => {
  const takes = (url: string, fields = handshake) =>
    world.handler.takesUpgrade(world.request(url, fields), world.client as unknown as ClientConnection);

  test("is taken for a route that has WebSocket, on a connection with nothing under way", () => {
    expect(takes("/ws/x")).toBe(true);
    expect(takes("http://a/ws")).toBe(true);
    world.client.idle = false;
    expect(takes("/ws/x")).toBe(false);
  });

  test.each([
    ["a route without", "/x"],
    ["a path that is nobody's", "/none"],
    ["the gateway's own paths", "/_gateway/ws"],
    ["a target that is none", "http://u@a/ws"],
  ])("is none for %s", (_what, url) => expect(takes(url)).toBe(false));

  test("that is none is a request like any other, after which the connection ends", () => {
    world.begin(world.request("/none", handshake));
    expect([world.answer, world.calls]).toEqual(["404 no service has this path", ["end: refused"]]);
  });

  test("goes on until the drain comes to its end; then it would only be cut", () => {
    const early = Buffer.alloc(0);
    world.handler.draining = true;
    world.begin(world.request("/ws", handshake), { response: undefined, early });
    expect(world.forwarded).toEqual(["/ws"]);
    world.handler.ending = true;
    world.begin(world.request("/ws", handshake), { response: undefined, early });
    expect([world.forwarded, world.answer]).toEqual([["/ws"], "503 the gateway is shutting down"]);
    // Requests are still served.
    world.begin(world.request("/x"));
    expect(world.forwarded).toEqual(["/ws", "/x"]);
  });
});
