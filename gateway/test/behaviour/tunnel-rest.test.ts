import { describe, expect, test } from "vitest";
import { eventually, pause } from "../support/client.ts";
import { handshake } from "../support/frames.ts";
import { Gateway } from "../support/gateway.ts";
import { processFacts } from "../support/process-facts.ts";
import { statusOf } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { openTunnel } from "../support/tunnels.ts";
import { onlyAnswer } from "../support/verdict.ts";

const gateway = suiteGateway({ slots: 4, env: { GATEWAY_TUNNEL_HALF_CLOSED_MS: "3000" } });
// More than the receiver's kernel takes by itself, less than both ends' kernels take together.
const words = Buffer.alloc(1_500_000, "the last words, ");

describe.concurrent("what is on its way when a tunnel ends (RFC 9112 9.6: a reset takes what was not read)", () => {
  test("must: reaches a client that reads late, though it goes on sending (RFC 6455 7.1.1)", async () => {
    const { client, peer, fromUpstream } = await openTunnel(gateway, gateway.slot(), { allowHalfOpen: true });
    client.socket.pause();
    peer.socket.end(words);
    const talk = setInterval(() => client.send("and so on"), 10);
    // Longer than a tunnel goes on after an end: a client that takes its bytes is not cut.
    await pause(3_500);
    client.socket.resume();
    await client.until(() => client.closed);
    clearInterval(talk);
    expect(fromUpstream().length).toBe(words.length);
    expect(fromUpstream().equals(words)).toBe(true);
    client.destroy();
  });

  test("must: reaches an upstream that reads late and goes on sending, though the client has gone", async () => {
    const slot = gateway.slot();
    const { client, peer, fromClient } = await openTunnel(gateway, slot, { allowHalfOpen: true });
    peer.socket.pause();
    client.socket.end(words);
    await eventually(() => client.socket.writableFinished, "the client has sent all");
    await pause(200);
    client.destroy();
    const talk = setInterval(() => peer.socket.write("and so on"), 10);
    await pause(300);
    peer.socket.resume();
    await eventually(() => peer.ended, "the end");
    clearInterval(talk);
    expect(fromClient().length).toBe(words.length);
    expect(fromClient().equals(words)).toBe(true);
  });

  test("must: is not read for ever from an upstream that goes on sending after the client has gone (leaks)", async () => {
    const slot = gateway.slot();
    const { client, peer } = await openTunnel(gateway, slot, { allowHalfOpen: true });
    peer.socket.removeAllListeners("end");
    client.socket.end("bye");
    await eventually(() => peer.socket.readableEnded, "the client's end");
    client.destroy();
    const talk = setInterval(() => peer.socket.write("and so on"), 10);
    await eventually(() => peer.socket.destroyed, "the gateway lets it go", 10_000);
    clearInterval(talk);
  });

  test("must: an upstream that ends and never reads is let go (leaks)", async () => {
    const slot = gateway.slot();
    const { client, peer } = await openTunnel(gateway, slot, { allowHalfOpen: true });
    peer.socket.pause();
    client.send(Buffer.alloc(20_000_000));
    await pause(100);
    peer.socket.end("bye");
    const to = slot.upstream.port;
    const left = () => processFacts(gateway.pid).connections.filter(({ remote }) => remote === to).length;
    expect(left()).toBe(1);
    await eventually(() => left() === 0, "the gateway lets it go", 8_000);
    client.destroy();
    peer.socket.destroy();
  });
});

test("must: a tunnel takes its place until its upstream's connection has gone", async () => {
  const own = await Gateway.start({
    route: { tunnels: { max: 1 } },
    env: { GATEWAY_LINGER_MS: "600", GATEWAY_TUNNEL_HALF_CLOSED_MS: "5000" },
  });
  const slot = own.slot();
  const { client, peer } = await openTunnel(own, slot, { allowHalfOpen: true });
  peer.socket.removeAllListeners("end");
  client.socket.end("bye");
  await eventually(() => peer.socket.readableEnded, "the client's end");
  client.destroy();
  const talk = setInterval(() => peer.socket.write("and so on"), 10);
  await pause(200);
  const refused = onlyAnswer(await own.exchange(handshake(`${slot.socket}/x`)));
  expect(statusOf(refused)).toBe(503);
  await eventually(() => peer.socket.destroyed, "the end", 4_000);
  clearInterval(talk);
  const again = await openTunnel(own, slot);
  again.client.destroy();
  await own.stop();
});
