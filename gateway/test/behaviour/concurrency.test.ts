import { describe, expect, test } from "vitest";
import { type Client, eventually, pause } from "../support/client.ts";
import type { Slot, TestRoute } from "../support/gateway.ts";
import { suiteGateway } from "../support/suite.ts";
import { expectProblem, expectServed, get, onlyAnswer } from "../support/verdict.ts";

const suite = (route: TestRoute) => suiteGateway({ slots: 8, route });
const one = suite({ concurrency: { max: 1, queue: 0 } });
const waiting = suite({ concurrency: { max: 1, queue: 1, queue_ms: 400 } });
const patient = suite({ concurrency: { max: 2, queue: 10, queue_ms: 8_000 } });

/** Answers only `/slow` later, by hand. */
const slowly = ({ upstream }: Slot): void => {
  upstream.answer = ({ socket }, { startLine }) => {
    if (!startLine.includes("/slow")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  };
};
const finish = ({ upstream }: Slot): void => {
  for (const { socket, bytes } of upstream.connections)
    if (bytes.includes("/slow")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow");
};
const at = async ({ upstream }: Slot, count: number) =>
  eventually(
    () => upstream.connections.filter(({ bytes }) => bytes.length > 0).length >= count,
    "at the upstream",
  );

describe.concurrent("a route's places at its service", () => {
  test("must: plain requests over them are 503 and go no further (mutant: ignored)", async () => {
    const slot = one.slot();
    slowly(slot);
    const first = one.open().send(get(`${slot.prefix}/slow`));
    await at(slot, 1);
    for (let i = 0; i < 3; i++) {
      expectProblem(onlyAnswer(await one.exchange(get(`${slot.prefix}/${i}`))), 503);
    }
    expect(slot.upstream.requests).toHaveLength(1);
    finish(slot);
    expectServed(await first.settle(), "slow");
    expectServed(await one.exchange(get(`${slot.prefix}/after`)));
    first.destroy();
  });

  test.each(["the client leaves", "the service dies"])("must: a place comes back when %s", async (how) => {
    const slot = one.slot();
    slowly(slot);
    const first = one.open().send(get(`${slot.prefix}/slow`));
    await at(slot, 1);
    if (how === "the client leaves") first.destroy();
    else slot.upstream.connections[0]?.socket.resetAndDestroy();
    await eventually(() => slot.upstream.connections[0]?.ended === true, "the upstream connection is closed");
    await pause(50);
    expectServed(await one.exchange(get(`${slot.prefix}/after`)));
    first.destroy();
  });

  test("must: as many wait as may, for as long as they may", async () => {
    const slot = waiting.slot();
    slowly(slot);
    const first = waiting.open().send(get(`${slot.prefix}/slow`));
    await at(slot, 1);
    const second = waiting.open().send(get(`${slot.prefix}/waits`));
    await pause(100);
    expectProblem(onlyAnswer(await waiting.exchange(get(`${slot.prefix}/third`))), 503);
    expectProblem(onlyAnswer(await second.settle()), 503);
    finish(slot);
    await first.settle();
    expect(slot.upstream.requests).toHaveLength(1);
    first.destroy();
    second.destroy();
  });

  test("must: one more than may wait is refused at once", async () => {
    const slot = patient.slot();
    slowly(slot);
    const clients = Array.from({ length: 13 }, (_, i) =>
      patient.open().send(get(`${slot.prefix}/slow/${i}`)),
    );
    const answered = () => clients.filter(({ answers }) => answers.length > 0);
    // Long before those that wait have waited for too long.
    await eventually(() => answered().length > 0, "one is refused", 4_000);
    const [refused, ...others] = answered();
    expectProblem(onlyAnswer((refused as Client).received), 503);
    expect(others).toEqual([]);
    for (const client of clients) client.destroy();
  });

  test("must: those that wait are served, never more than the places at once", async () => {
    const slot = patient.slot();
    let under = 0;
    let most = 0;
    slot.upstream.answer = ({ socket }) => {
      most = Math.max(most, ++under);
      setTimeout(() => {
        under--;
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      }, 60);
    };
    const all = await Promise.all(
      Array.from({ length: 12 }, (_, i) => patient.exchange(get(`${slot.prefix}/${i}`))),
    );
    for (const received of all) expectServed(received);
    expect(most).toBe(2);
  });

  test("must: a client that leaves while it waits gives up its turn", async () => {
    const slot = waiting.slot();
    slowly(slot);
    const first = waiting.open().send(get(`${slot.prefix}/slow`));
    await at(slot, 1);
    const second = waiting.open().send(get(`${slot.prefix}/gone`));
    await pause(100);
    second.destroy();
    await pause(50);
    const third = waiting.open().send(get(`${slot.prefix}/third`));
    await pause(50);
    finish(slot);
    expectServed(await third.settle());
    expect(slot.upstream.bytes.includes("/gone")).toBe(false);
    for (const client of [first, third]) client.destroy();
  });
});
