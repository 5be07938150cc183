import { expect, test } from "vitest";
import { pause } from "../support/client.ts";
import { Gateway } from "../support/gateway.ts";
import { statusOf } from "../support/strict.ts";
import { openTunnel } from "../support/tunnels.ts";
import { get } from "../support/verdict.ts";

/** Lets a process stand still for longer than its limits, as a busy machine does. */
async function standstill(gateway: Gateway, meanwhile: () => void): Promise<void> {
  gateway.signal("SIGSTOP");
  await pause(50);
  meanwhile();
  await pause(2_200);
  gateway.signal("SIGCONT");
}

test("must: a request that came while the process stood still is read before its connection counts as idle", async () => {
  const gateway = await Gateway.start({ env: { GATEWAY_CLIENT_IDLE_MS: "1500" } });
  const client = gateway.open();
  client.methods = ["GET", "GET"];
  client.send(get("/nowhere"));
  await client.until(() => client.answers.length === 1);
  await standstill(gateway, () => client.send(get("/nowhere")));
  await client.until(() => client.answers.length === 2, 3_000);
  expect(client.answers.map(statusOf)).toEqual([404, 404]);
  await gateway.stop();
});

test("must: so are bytes of a tunnel, before it counts as quiet", async () => {
  const gateway = await Gateway.start({ env: { GATEWAY_TUNNEL_IDLE_MS: "1500" } });
  const { client, peer, fromUpstream } = await openTunnel(gateway);
  await standstill(gateway, () => peer.socket.write("hello"));
  await client.until(() => fromUpstream().length > 0, 2_000);
  expect(fromUpstream().toString()).toBe("hello");
  client.destroy();
  await gateway.stop();
});
