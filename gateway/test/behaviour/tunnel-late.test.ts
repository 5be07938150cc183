import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { eventually, pause } from "../support/client.ts";
import { accepted, handshake } from "../support/frames.ts";
import { Gateway } from "../support/gateway.ts";
import { always, Upstream } from "../support/upstream.ts";

const hook = fileURLToPath(new URL("../support/held-writes.mjs", import.meta.url));

/**
 * A tunnel to an upstream that does not read yet, whose client has sent `bytes` and its end, and has gone: the gateway
 * has noticed both.
 */
async function leftBehind(halfClosed: number, bytes: string) {
  const upstream = await new Upstream().listen();
  upstream.answer = always(accepted());
  const gateway = await Gateway.start({
    slots: 0,
    routes: [
      {
        name: "a",
        host: "127.0.0.1",
        port: upstream.port,
        prefix: "/a",
        strip_prefix: true,
        skip_prefix: [],
        websocket: true,
      },
    ],
    env: {
      NODE_OPTIONS: `--import ${hook}`,
      HELD_PORT: String(upstream.port),
      GATEWAY_TUNNEL_HALF_CLOSED_MS: String(halfClosed),
    },
  });
  const client = gateway.open({ allowHalfOpen: true }).send(handshake("/a/x"));
  await client.until(() => client.answers.length > 0);
  const [peer] = upstream.connections;
  if (peer === undefined) throw new Error("no tunnel");
  const head = peer.bytes.length;
  client.socket.end(bytes);
  await eventually(() => gateway.stderr.includes("told to end"), "the gateway knows of the client's end");
  client.destroy();
  // The first write to a client that is gone is answered with a reset, the next one finds it.
  const over = () => gateway.lines("request").length > 0;
  for (let writes = 0; !over() && writes < 20; writes++) {
    peer.socket.write("x");
    await pause(100);
  }
  await eventually(over, "the gateway knows that the client has gone");
  const stop = async () => {
    await gateway.stop();
    await upstream.close();
  };
  return { gateway, peer, got: () => peer.bytes.toString("latin1", head), stop };
}

test("must: what a client sent through a tunnel before its end reaches an upstream that reads late (RFC 6455 7.1.1)", async () => {
  const { gateway, peer, got, stop } = await leftBehind(15_000, "the last words");
  expect(got()).toBe("");
  gateway.signal("SIGUSR2");
  await eventually(() => peer.ended, "its end");
  expect(got()).toBe("the last words");
  await stop();
});

test("must: an upstream that never reads is let go when the time of the half-closed is over (leaks)", async () => {
  const { peer, got, stop } = await leftBehind(600, "the last words");
  await eventually(() => peer.ended, "it is let go", 4_000);
  expect(got()).toBe("");
  await stop();
});
