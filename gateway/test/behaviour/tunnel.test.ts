import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { eventually, pause } from "../support/client.ts";
import { accepted, frame, handshake } from "../support/frames.ts";
import { impatience, suiteGateway } from "../support/suite.ts";
import { openTunnel } from "../support/tunnels.ts";
import { always, type Recorded } from "../support/upstream.ts";

const gateway = suiteGateway({ slots: 40 });
const impatient = suiteGateway({ slots: 8, env: impatience });

describe.concurrent("tunnels", () => {
  const mask = Buffer.from([1, 2, 3, 4]);
  test("must: text, fragments, pings and a 1 MiB binary frame pass byte for byte (RFC 6455 5; Autobahn 1, 5, 9)", async () => {
    const { client, peer, fromClient, fromUpstream } = await openTunnel(gateway);
    const frames = (masked: boolean) => {
      const options = masked ? { mask } : {};
      return Buffer.concat([
        frame(1, Buffer.from("héllo"), options),
        frame(1, Buffer.from("frag"), { ...options, fin: false }),
        frame(9, Buffer.from("ping"), options),
        frame(0, Buffer.from("ment"), options),
        frame(2, Buffer.alloc(0), options),
        frame(2, randomBytes(1 << 20), options),
        // Reserved bits and opcodes too: a tunnel has no opinion.
        Buffer.from([0xf3, 0x00, 0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0xff]),
        frame(10, Buffer.from("pong"), options),
      ]);
    };
    const up = frames(true);
    const down = frames(false);
    // In uneven pieces, so that frame borders and segments do not agree.
    for (let at = 0, size = 1; at < up.length; at += size, size = Math.min(size * 3, 70_000))
      client.send(up.subarray(at, at + size));
    peer.socket.write(down);
    await eventually(
      () => fromClient().length >= up.length && fromUpstream().length >= down.length,
      "everything arrives",
    );
    expect(fromClient().equals(up)).toBe(true);
    expect(fromUpstream().equals(down)).toBe(true);
    client.destroy();
  });

  test("must: frames sent together with the handshake are delivered after the 101 (node upgrade head)", async () => {
    const { upstream, socket } = gateway.slot();
    upstream.answer = ({ socket: peer }) => void setTimeout(() => peer.write(accepted()), 50);
    const early = Buffer.concat([
      frame(1, Buffer.from("early"), { mask }),
      frame(1, Buffer.from("bird"), { mask }),
    ]);
    const client = gateway.open().send(Buffer.concat([Buffer.from(handshake(`${socket}/x`)), early]));
    await eventually(() => upstream.connections.length > 0, "the handshake at the upstream");
    const [peer] = upstream.connections as [Recorded];
    await client.until(() => client.answers.length > 0);
    await eventually(
      () => peer.bytes.subarray(peer.bytes.indexOf("\r\n\r\n") + 4).equals(early),
      "the frames at the upstream",
      3_000,
    );
    client.destroy();
  });

  test("must: frame in the same segment as the 101 is delivered (node upgrade head)", async () => {
    const { upstream, socket } = gateway.slot();
    const hello = frame(1, Buffer.from("hello"));
    upstream.answer = ({ socket: peer }) => peer.write(Buffer.concat([Buffer.from(accepted()), hello]));
    const client = gateway.open().send(handshake(`${socket}/x`));
    expect(
      await client.until(
        () => client.bytes.subarray(client.bytes.indexOf("\r\n\r\n") + 4).equals(hello),
        3_000,
      ),
    ).toBe(true);
    client.destroy();
  });

  test("must: upstream closes: client connection closes (RFC 6455 7)", async () => {
    const { client, peer, fromUpstream } = await openTunnel(gateway);
    const bye = frame(8, Buffer.from([3, 232]));
    peer.socket.end(bye);
    expect(await client.until(() => client.closed, 3_000)).toBe(true);
    expect(fromUpstream().equals(bye)).toBe(true);
  });

  test("must: upstream resets: client connection closes (RFC 6455 7)", async () => {
    const { client, peer } = await openTunnel(gateway);
    peer.socket.resetAndDestroy();
    expect(await client.until(() => client.closed, 3_000)).toBe(true);
  });

  test("must: client resets: upstream connection closes (leaks)", async () => {
    const { client, peer } = await openTunnel(gateway);
    client.socket.resetAndDestroy();
    await eventually(() => peer.ended, "the upstream connection closes", 3_000);
  });

  test("must: client resets while waiting for the 101: upstream connection closes (leaks)", async () => {
    const { upstream, socket } = gateway.slot();
    upstream.answer = () => {};
    const client = gateway.open().send(handshake(`${socket}/x`));
    await eventually(() => upstream.connections[0]?.answered === 1, "the handshake at the upstream");
    client.socket.resetAndDestroy();
    await eventually(() => upstream.connections[0]?.ended === true, "the upstream connection closes", 3_000);
  });

  test("should: client FIN: what the upstream still sends arrives (TCP half-close)", async () => {
    const { client, peer, fromUpstream } = await openTunnel(gateway, gateway.slot(), { allowHalfOpen: true });
    peer.socket.removeAllListeners("end");
    client.socket.end(frame(8, Buffer.from([3, 232]), { mask }));
    await pause(100);
    const late = frame(2, Buffer.alloc(100_000, "l"));
    peer.socket.end(late);
    await eventually(() => fromUpstream().length >= late.length, "the late bytes arrive", 3_000);
    expect(fromUpstream().equals(late)).toBe(true);
    client.destroy();
  });

  test("must: flood from the upstream, client not reading: bounded (Envoy watermark buffers)", async () => {
    const slot = gateway.slot();
    slot.upstream.answer = always(accepted());
    const client = gateway.open({ paused: true }).send(handshake(`${slot.socket}/x`));
    await eventually(() => slot.upstream.connections[0]?.answered === 1, "the tunnel");
    const { socket } = slot.upstream.connections[0] as Recorded;
    const before = gateway.memory();
    const chunk = Buffer.alloc(1 << 16, "x");
    let taken = 0;
    const more = () => {
      while (!socket.destroyed && taken < 400 << 20) {
        taken += chunk.length;
        if (!socket.write(chunk)) return socket.once("drain", more);
      }
      return undefined;
    };
    more();
    let last = -1;
    while (taken !== last) {
      last = taken;
      await pause(400);
    }
    expect(taken).toBeLessThan(40 << 20);
    expect(gateway.memory() - before).toBeLessThan(48 << 20);
    client.destroy();
    await eventually(() => slot.upstream.connections[0]?.ended === true, "the upstream connection closes");
  });

  test("should: quiet tunnel survives longer than the HTTP timeouts (Node requestTimeout/idle traps)", async () => {
    const { client, peer, fromClient } = await openTunnel(impatient);
    await pause(1_600);
    client.send(frame(1, Buffer.from("still"), { mask }));
    await eventually(() => fromClient().length > 0, "the frame at the upstream", 2_000);
    expect([client.closed, peer.ended]).toEqual([false, false]);
    client.destroy();
  });

  test("must: a tunnel that is quiet for the idle limit is closed on both sides; traffic one way keeps it (leaks)", async () => {
    const quiet = await openTunnel(impatient);
    const busy = await openTunnel(impatient);
    const pings = setInterval(() => busy.peer.socket.write(frame(9, Buffer.alloc(0))), 300);
    expect(await quiet.client.until(() => quiet.client.closed && quiet.peer.ended, 6_000)).toBe(true);
    await pause(700);
    expect([busy.client.closed, busy.peer.ended]).toEqual([false, false]);
    clearInterval(pings);
    busy.client.destroy();
  });
});
