import { describe, expect, test } from "vitest";
import { type Client, eventually, pause } from "../support/client.ts";
import { accepted, handshake } from "../support/frames.ts";
import type { TestRoute } from "../support/gateway.ts";
import { statusOf } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { always } from "../support/upstream.ts";
import { expectProblem, expectServed, get, onlyAnswer } from "../support/verdict.ts";

const suite = (route: TestRoute) => suiteGateway({ slots: 8, route });
const one = suite({ concurrency: { max: 1, queue: 0 } });
const more = suite({ concurrency: { max: 1, queue: 0 }, tunnels: { max: 3 } });
const perClient = suite({ tunnels: { max: 10, per_client: 2 } });

/** Opens handshakes and says how many of them became tunnels. */
async function statuses(clients: readonly Client[]): Promise<number[]> {
  for (const client of clients) await client.until(() => client.closed || client.answers.length > 0);
  return clients.map(({ answers }) => (answers[0] === undefined ? 0 : statusOf(answers[0])));
}

describe.concurrent("places hold for handshakes and tunnels too", () => {
  test("must: no more tunnels than places; the rest are 503 (RFC 6455 4.2.2)", async () => {
    const { upstream, socket } = one.slot();
    upstream.answer = always(accepted());
    const clients = Array.from({ length: 20 }, () => one.open().send(handshake(`${socket}/x`)));
    const got = await statuses(clients);
    expect(got.filter((status) => status === 101)).toHaveLength(1);
    expect(got.filter((status) => status === 503)).toHaveLength(19);
    const open = clients[got.indexOf(101)] as Client;
    open.destroy();
    await eventually(() => upstream.connections[0]?.ended === true, "the tunnel ends");
    await pause(50);
    const again = one.open().send(handshake(`${socket}/x`));
    expect(await statuses([again])).toEqual([101]);
    for (const client of [...clients, again]) client.destroy();
  });

  test("must: a handshake under way takes a place, a refused one gives it back", async () => {
    const { upstream, socket } = one.slot();
    upstream.answer = () => {};
    const first = one.open().send(handshake(`${socket}/x`));
    await eventually(() => upstream.connections[0]?.answered === 1, "the handshake at the upstream");
    expectProblem(onlyAnswer(await one.exchange(handshake(`${socket}/y`))), 503);
    upstream.connections[0]?.socket.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    expect(await statuses([first])).toEqual([403]);
    await pause(50);
    upstream.answer = always(accepted());
    const next = one.open().send(handshake(`${socket}/z`));
    expect(await statuses([next])).toEqual([101]);
    for (const client of [first, next]) client.destroy();
  });

  test("must: an open tunnel does not take the place of a plain request", async () => {
    const { upstream, socket } = one.slot();
    upstream.answer = always(accepted());
    const tunnel = one.open().send(handshake(`${socket}/x`));
    expect(await statuses([tunnel])).toEqual([101]);
    upstream.answer = always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    for (let i = 0; i < 3; i++) expectServed(await one.exchange(get(`${socket}/${i}`)));
    tunnel.destroy();
  });

  test("must: nor does an event stream, which has a number of its own (HTML, server-sent events)", async () => {
    const { upstream, prefix } = one.slot();
    upstream.answer = ({ socket }, { startLine }) =>
      socket.write(
        startLine.includes("/events")
          ? "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n"
          : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
      );
    const stream = one.open().send(get(`${prefix}/events`));
    expect(await stream.until(() => stream.text.includes("data: 1"))).toBe(true);
    for (let i = 0; i < 3; i++) expectServed(await one.exchange(get(`${prefix}/${i}`)));
    expect(stream.closed).toBe(false);
    stream.destroy();
  });

  test("must: tunnels.max says how many, when there are to be others than requests", async () => {
    const { upstream, socket } = more.slot();
    upstream.answer = always(accepted());
    const got: number[] = [];
    const clients: Client[] = [];
    // One at a time, since a handshake under way is a request.
    for (let i = 0; i < 5; i++) {
      clients.push(more.open().send(handshake(`${socket}/x`)));
      got.push(...(await statuses(clients.slice(-1))));
    }
    expect(got).toEqual([101, 101, 101, 503, 503]);
    for (const client of clients) client.destroy();
  });

  test("must: tunnels.per_client holds for each client, and comes back", async () => {
    const { upstream, socket } = perClient.slot();
    upstream.answer = always(accepted());
    const clients: Client[] = [];
    const got: number[] = [];
    const ask = async () => {
      clients.push(perClient.open().send(handshake(`${socket}/x`)));
      got.push(...(await statuses(clients.slice(-1))));
    };
    for (let i = 0; i < 3; i++) await ask();
    expect(got.slice(0, 2)).toEqual([101, 101]);
    expect([429, 503]).toContain(got[2]);
    clients[0]?.destroy();
    await eventually(() => upstream.connections[0]?.ended === true, "the tunnel ends");
    await pause(50);
    await ask();
    expect(got.at(-1)).toBe(101);
    for (const client of clients) client.destroy();
  });
});
