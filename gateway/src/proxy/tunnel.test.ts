import { EventEmitter } from "node:events";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { ResponseHead } from "../message/response-head.ts";
import type { UpstreamConnection } from "../upstream/connection.ts";
import { Clock } from "./clock.ts";
import type { Exchange } from "./exchange.ts";
import { Tunnel } from "./tunnel.ts";

/** One side's socket: keeps what is written, and takes more as long as it is told to. */
class Side extends EventEmitter {
  takes = true;
  writable = true;
  readableEnded = false;
  paused = false;
  readonly written: Buffer[] = [];
  write(bytes: Buffer): boolean {
    this.written.push(bytes);
    return this.takes;
  }
  get text(): string {
    return Buffer.concat(this.written).toString("latin1");
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
  isPaused(): boolean {
    return this.paused;
  }
  setNoDelay(): void {}
  end = vi.fn();
}

let client: Side;
let upstream: Side;
let calls: string[];
let closed: () => void;
let exchange: Exchange;
let clock: Clock;
let tunnel: Tunnel;
const connection = () =>
  ({
    socket: upstream,
    join() {},
    resume: () => calls.push("upstream: resume"),
    destroy: () => calls.push("upstream: destroy"),
    endTunnel: (most: number, linger: number, onClosed: () => void) => {
      calls.push(`upstream: end ${most} ${linger}`);
      closed = onClosed;
    },
  }) as unknown as UpstreamConnection;
const head = { reason: "Switching", kept: "", cors: "Access-Control-Allow-Origin: x\r\n", vary: "Origin" };
const open = (rest = "") =>
  tunnel.switch(connection(), head as ResponseHead, Buffer.from(rest), {
    leave: () => calls.push("place: left"),
  } as never);

beforeEach(() => {
  client = new Side();
  upstream = new Side();
  calls = [];
  exchange = {
    connection: { socket: client, destroy: (why: string) => calls.push(`client: destroy ${why}`) },
    id: "1",
    corsFields: "",
    bytesIn: 0,
    bytesOut: 0,
    writeText: (text: string) => client.write(Buffer.from(text, "latin1")),
    writeBytes: (bytes: Buffer) => client.write(bytes),
    switched: () => calls.push("switched"),
    endTunnel: (why: string) => calls.push(`client: end ${why}`),
  } as unknown as Exchange;
  clock = new Clock();
  tunnel = new Tunnel(exchange, Buffer.from("early;"), clock, {
    idle: 1_000,
    halfClosed: 100,
    linger: 10,
  });
});

describe("before the 101", () => {
  test("frames are kept and sent on in order; the client is read no more once there are 64 KiB of them", () => {
    client.emit("data", Buffer.alloc(65_536 - 6, "a"));
    expect(client.paused).toBe(false);
    client.emit("data", Buffer.from("b"));
    expect(client.paused).toBe(true);
    open();
    expect(upstream.text).toBe(`early;${"a".repeat(65_530)}b`);
    expect(client.paused).toBe(false);
  });

  test("a client that was stopped while its requests were read is read on", () => {
    const silent = new Tunnel(exchange, Buffer.alloc(0), new Clock(), {
      idle: 1_000,
      halfClosed: 100,
      linger: 10,
    });
    client.pause();
    silent.switch(connection(), head as ResponseHead, Buffer.alloc(0), undefined);
    expect(client.paused).toBe(false);
  });

  test("a client whose upstream takes no more of them stays unread until it does", () => {
    upstream.takes = false;
    open();
    expect(client.paused).toBe(true);
    tunnel.onUpstreamDrain();
    expect(client.paused).toBe(false);
  });

  test("the answer's CORS fields and Vary are the exchange's to replace", () => {
    open("first");
    expect([exchange.corsGiven, exchange.varyGiven]).toEqual([head.cors, "Origin"]);
    expect(client.text).toMatch(/^HTTP\/1\.1 101 Switching\r\n[\s\S]*\r\n\r\nfirst$/);
  });

  test("a client's end is its leaving", () => {
    tunnel.onClientEnd();
    expect(calls).toEqual(["client: destroy client"]);
  });
});

describe("an open tunnel", () => {
  beforeEach(() => {
    open();
    calls = [];
    upstream.written.length = 0;
    client.written.length = 0;
  });

  test("copies what it writes: the read buffer is that of all tunnels", () => {
    const shared = Buffer.from("-one-");
    tunnel.onUpstreamData(shared, 1, 4);
    shared.fill("x");
    expect(client.text).toBe("one");
    expect(exchange.bytesOut).toBe(3);
  });

  test("reads each side at the pace of the other", () => {
    client.takes = false;
    expect(tunnel.onUpstreamData(Buffer.from("a"), 0, 1)).toBe(false);
    tunnel.onClientDrain();
    expect(calls).toEqual(["upstream: resume"]);
    upstream.takes = false;
    client.emit("data", Buffer.from("b"));
    expect(client.paused).toBe(true);
    tunnel.onUpstreamDrain();
    expect([client.paused, exchange.bytesIn]).toEqual([false, "early;b".length]);
  });

  test("ends with its upstream: both sides are sent the rest, and its place is free once the upstream has gone", () => {
    tunnel.onUpstreamEnd();
    expect(calls).toEqual(["upstream: end 100 10", "client: end upstream"]);
    closed();
    expect(calls.at(-1)).toBe("place: left");
  });

  test("ends with an upstream that was reset: the client is sent the rest", () => {
    tunnel.onUpstreamClosed();
    expect(calls).toEqual(["place: left", "client: end upstream"]);
  });

  test("ends when it is quiet on both sides, and not before", () => {
    expect(tunnel.deadline).toBe(clock.now + 1_000);
    clock.now += 900;
    tunnel.onUpstreamData(Buffer.from("a"), 0, 1);
    expect(tunnel.deadline).toBe(clock.now + 1_000);
    clock.now += 900;
    client.emit("data", Buffer.from("b"));
    expect(tunnel.deadline).toBe(clock.now + 1_000);
  });

  test("goes on for a while once its client has ended, however much its upstream says", () => {
    const before = tunnel.deadline;
    tunnel.onClientEnd();
    expect(upstream.end).toHaveBeenCalledOnce();
    const { deadline } = tunnel;
    expect(before - deadline).toBeGreaterThan(800);
    tunnel.onUpstreamData(Buffer.from("a"), 0, 1);
    expect(tunnel.deadline).toBe(deadline);
    tunnel.onDeadline();
    expect(calls).toEqual(["place: left", "upstream: destroy", "client: destroy timeout"]);
  });

  test("lets the upstream have what a client said that ended before it left, and breaks off for one that did not", () => {
    client.readableEnded = true;
    tunnel.onClientGone();
    expect(calls).toEqual(["upstream: end 100 10"]);
    closed();
    expect(calls.at(-1)).toBe("place: left");
  });

  test("breaks off for a client that broke off", () => {
    tunnel.onClientGone();
    expect(calls).toEqual(["place: left", "upstream: destroy"]);
  });
});
