import { describe, expect, test } from "vitest";
import { eventually, pause } from "../support/client.ts";
import { frame, handshake } from "../support/frames.ts";
import { Gateway } from "../support/gateway.ts";
import { statusOf, values } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { openTunnel } from "../support/tunnels.ts";
import { always } from "../support/upstream.ts";
import { expectProblem, onlyAnswer } from "../support/verdict.ts";

const halfClosed = 900;
const gateway = suiteGateway({
  slots: 10,
  // Quiet tunnels live for a minute: what ends sooner was ended by the other limit.
  env: { GATEWAY_TUNNEL_HALF_CLOSED_MS: String(halfClosed), GATEWAY_TUNNEL_IDLE_MS: "60000" },
});

/** The log lines of requests whose path has these words, as far as they are written. */
const lines = (from: Gateway, words: string) =>
  from.log
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ event, path }) => event === "request" && String(path).includes(words));

describe.concurrent("a tunnel of which one side has ended", () => {
  test("must: client FIN, upstream never closes: both sides closed within the limit (leaks)", async () => {
    const { client, peer } = await openTunnel(gateway, gateway.slot(), { allowHalfOpen: true });
    peer.socket.removeAllListeners("end");
    const start = Date.now();
    client.socket.end();
    await pause(halfClosed / 2);
    expect([client.closed, peer.socket.readableEnded]).toEqual([false, true]);
    expect(await client.until(() => client.closed, 3_000)).toBe(true);
    expect(Date.now() - start).toBeGreaterThan(halfClosed - 300);
    peer.socket.destroy();
  });

  test("must: client FIN, upstream goes on and on: it is cut at the limit (leaks)", async () => {
    const { client, peer, fromUpstream } = await openTunnel(
      gateway,
      gateway.slot(),
      { allowHalfOpen: true },
      "/on-and-on",
    );
    peer.socket.removeAllListeners("end");
    const talk = setInterval(() => peer.socket.write(frame(9, Buffer.from("x"))), 100);
    client.socket.end();
    await pause(halfClosed / 2);
    expect(client.closed).toBe(false);
    expect(fromUpstream().length).toBeGreaterThan(0);
    await eventually(() => client.closed && peer.ended, "both connections end", 3_000);
    clearInterval(talk);
    await eventually(() => lines(gateway, "/on-and-on").length > 0, "the log line");
    expect(lines(gateway, "/on-and-on")[0]?.close).toBe("timeout");
  });
});

describe.concurrent("the log line of a tunnel", () => {
  test("must: is written at its end, with the bytes of both ways and the time it lived (nginx)", async () => {
    const { client, peer } = await openTunnel(gateway, gateway.slot(), {}, "/logged?token=secret");
    const answer = client.bytes.length;
    client.send(frame(2, Buffer.alloc(1_000), { mask: Buffer.alloc(4) }));
    peer.socket.write(frame(2, Buffer.alloc(2_000)));
    await client.until(() => client.bytes.length >= answer + 2_004);
    await pause(500);
    expect(lines(gateway, "/logged")).toEqual([]);
    client.destroy();
    await eventually(() => lines(gateway, "/logged").length > 0, "the log line");
    const [line] = lines(gateway, "/logged");
    expect(line).toMatchObject({
      method: "GET",
      status: 101,
      upgrade: true,
      query: "token=REDACTED",
      bytesIn: 1_008,
      bytesOut: answer + 2_004,
    });
    expect(line?.ms).toBeGreaterThan(450);
    expect(line?.ms).toBeLessThan(5_000);
    expect(line?.outcome).toBeUndefined();
  });

  test("must: a refused handshake has the status that the client got, and one line", async () => {
    const { upstream, socket } = gateway.slot();
    upstream.answer = always("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
    const received = await gateway.exchange(handshake(`${socket}/refused`));
    await eventually(() => lines(gateway, "/refused").length > 0, "the log line");
    expect(lines(gateway, "/refused")).toMatchObject([
      { status: 403, bytesIn: 0, bytesOut: received.bytes.length, upgrade: true },
    ]);
  });

  test("must: a handshake whose upstream is away has the gateway's status and its reason", async () => {
    const { upstream, socket } = gateway.slot();
    await upstream.close();
    const received = await gateway.exchange(handshake(`${socket}/away`));
    expectProblem(onlyAnswer(received), 503);
    await eventually(() => lines(gateway, "/away").length > 0, "the log line");
    const [line] = lines(gateway, "/away");
    expect(line).toMatchObject({ status: 503, upgrade: true, bytesOut: received.bytes.length });
    expect(line?.outcome).toEqual(expect.any(String));
  });
});

test("must: a tunnel that the drain cuts has its line too", async () => {
  const own = await Gateway.start({ env: { GATEWAY_DRAIN_MS: "400" } });
  await openTunnel(own, own.slot(), {}, "/drained");
  own.signal("SIGTERM");
  const at = (words: string) => own.log.findIndex((line) => line.includes(words));
  await eventually(() => own.exitCode === 0 && at('"stopped"') >= 0, "the end", 4_000);
  expect(lines(own, "/drained")).toMatchObject([{ status: 101, upgrade: true }]);
  expect(at("/drained"), "its line comes before that of the end").toBeLessThan(at('"stopped"'));
  await own.stop();
});

test("must: handshakes count against the rate limit of their route, and are told when to come again", async () => {
  const own = await Gateway.start({ route: { rate_limit: { per_client: { rate: 0.01, burst: 1 } } } });
  const slot = own.slot();
  const { client } = await openTunnel(own, slot);
  const answer = onlyAnswer(await own.exchange(handshake(`${slot.socket}/x`)));
  expect(statusOf(answer)).toBe(429);
  expect(Number(values(answer, "retry-after")[0])).toBeGreaterThan(10);
  expect(slot.upstream.connections).toHaveLength(1);
  client.destroy();
  await own.stop();
});
