import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { eventually, pause } from "../support/client.ts";
import { freePort, metric } from "../support/metrics.ts";
import { suiteGateway } from "../support/suite.ts";
import { openTunnel } from "../support/tunnels.ts";
import { expectServed, get } from "../support/verdict.ts";

let metrics = 0;
const gateway = suiteGateway(async () => {
  metrics = await freePort();
  return {
    slots: 8,
    env: { GATEWAY_METRICS_PORT: String(metrics), GATEWAY_UPSTREAM_CONNECTIONS: "1" },
    route: { timeouts: { connect_ms: 8_000 } },
  };
});

const upstreamOf = ({ upstream }: { upstream: { port: number } }) => `upstream="127.0.0.1:${upstream.port}"`;
const connections = (upstream: string, state: string) =>
  metric(metrics, "gateway_upstream_connections", upstream, `state="${state}"`);
/** Client connections and requests of which the metrics know, without the one that asks. */
const clients = () => metric(metrics, "gateway_client_connections");
const inFlight = () => metric(metrics, "gateway_requests_in_flight");

// One after the other, since the numbers are those of the whole process.
test("must: what is under way, what waits and what is kept can be read (Prometheus)", async () => {
  const slot = gateway.slot();
  const upstream = upstreamOf(slot);
  slot.upstream.answer = () => {};
  const [first, second] = [gateway.open(), gateway.open()];
  first.send(get(`${slot.prefix}/first`));
  await eventually(() => slot.upstream.requests.length === 1, "at the upstream");
  // The other route to the same upstream has no connections of its own.
  second.send(get(`${slot.socket}/second`));
  await pause(100);
  expect([await clients(), await inFlight()]).toEqual([2, 2]);
  expect([await connections(upstream, "busy"), await connections(upstream, "idle")]).toEqual([1, 0]);
  expect(await metric(metrics, "gateway_upstream_waiting_requests", upstream)).toBe(1);
  const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  for (const [i, client] of [first, second].entries()) {
    await eventually(() => slot.upstream.requests.length === i + 1, "at the upstream");
    slot.upstream.connections[0]?.socket.write(answer);
    expectServed(await client.settle());
  }
  expect([await clients(), await inFlight()]).toEqual([2, 0]);
  expect([await connections(upstream, "busy"), await connections(upstream, "idle")]).toEqual([0, 1]);
  expect(await metric(metrics, "gateway_upstream_waiting_requests", upstream)).toBe(0);
  for (const client of [first, second]) client.destroy();
});

test("must: tunnels and their bytes can be read while they are open, and the bytes afterwards", async () => {
  const bytes = (direction: string) =>
    metric(metrics, "gateway_tunnel_bytes_total", `direction="${direction}"`);
  const tunnels = () => metric(metrics, "gateway_tunnels");
  const before = [await bytes("in"), await bytes("out")];
  const { client, peer, fromClient, fromUpstream } = await openTunnel(gateway);
  client.send("x".repeat(700));
  peer.socket.write("y".repeat(90_000));
  await eventually(() => fromClient().length === 700 && fromUpstream().length === 90_000, "both ways");
  expect([await tunnels(), await inFlight()]).toEqual([1, 0]);
  const open = [await bytes("in"), await bytes("out")];
  expect((open[0] as number) - (before[0] as number)).toBe(700);
  expect((open[1] as number) - (before[1] as number)).toBeGreaterThanOrEqual(90_000);
  client.destroy();
  await eventually(() => peer.ended, "the tunnel ends");
  await pause(50);
  expect(await tunnels()).toBe(0);
  expect([await bytes("in"), await bytes("out")]).toEqual(open);
});

test("must: connections that the gateway closed are counted by reason", async () => {
  const closed = (reason: string) => metric(metrics, "gateway_client_closes_total", `reason="${reason}"`);
  const before = await closed("refused");
  const client = gateway.open().send("no request\r\n\r\n");
  await client.until(() => client.closed);
  client.destroy();
  await pause(100);
  expect(await closed("refused")).toBe(before + 1);
});

test("must: lines given up for a slow reader are counted, and what runs has a name", async () => {
  expect(await metric(metrics, "gateway_log_lines_dropped_total")).toBe(0);
  // The gateway may run on another Node than the test.
  const version = execFileSync(process.env.GATEWAY_NODE ?? process.execPath, ["--version"], {
    encoding: "utf8",
  }).trim();
  expect(await metric(metrics, "gateway_build_info", `node="${version}"`)).toBe(1);
  expect(await metric(metrics, "process_resident_memory_bytes")).toBeGreaterThan(1e7);
  // Four MiB of lines wait at most, and the pipe holds a little more.
  gateway.leaveLog();
  const client = gateway.open();
  const target = `/nowhere?${"x".repeat(4_000)}`;
  for (let i = 0; i < 1_500; i += 100) {
    client.send(get(target).repeat(100));
    await client.until(() => client.answers.length >= i + 100);
  }
  await pause(400);
  expect(await metric(metrics, "gateway_log_lines_dropped_total")).toBeGreaterThan(100);
  client.destroy();
});

test("must: the bytes of a tunnel that is over do not vanish while its client is late to take the last of them", async () => {
  const bytes = () => metric(metrics, "gateway_tunnel_bytes_total", 'direction="out"');
  const { client, peer } = await openTunnel(gateway, gateway.slot(), { allowHalfOpen: true });
  client.socket.pause();
  peer.socket.end(Buffer.alloc(9_000_000));
  const seen: number[] = [];
  for (let i = 0; i < 20; i++) {
    seen.push(await bytes());
    if (i === 5) client.socket.resume();
    await pause(50);
  }
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  expect(seen.at(-1)).toBeGreaterThan(9_000_000);
  client.destroy();
});
