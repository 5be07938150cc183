import { expect, test } from "vitest";
import { eventually, pause } from "../support/client.ts";
import { accepted, frame, handshake } from "../support/frames.ts";
import { Gateway } from "../support/gateway.ts";
import { type Message, statusOf, values } from "../support/strict.ts";
import { always, ok } from "../support/upstream.ts";
import { expectServed, get, head } from "../support/verdict.ts";

test("must: TERM: running request finishes, idle connections close, no new work, exit in time (Kubernetes rolling restart; nginx quit)", async () => {
  const gateway = await Gateway.start({ env: { GATEWAY_DRAIN_MS: "5000" } });
  const { upstream, prefix } = gateway.slot();
  upstream.answer = (connection, request, index) =>
    request.startLine.includes("/slow") ? undefined : ok(connection, request, index);
  const fresh = gateway.open();
  const kept = gateway.open().send(get(`${prefix}/1`));
  await kept.settle();
  const running = gateway.open().send(get(`${prefix}/slow`));
  const uploading = gateway.open().send(`${head("POST", `${prefix}/up`, "Content-Length: 6")}abc`);
  await eventually(
    () => upstream.bytes.includes("/slow") && upstream.bytes.includes("abc"),
    "the requests at the upstream",
  );
  gateway.signal("SIGTERM");
  await eventually(() => fresh.closed && kept.closed, "idle connections close", 2_000);
  expect(fresh.bytes.length).toBe(0);
  const late = gateway.open().send(get(`${prefix}/late`));
  await late.until(() => late.closed, 2_000);
  expect(late.closed).toBe(true);
  expect(upstream.bytes.includes("/late")).toBe(false);
  expect([running.closed, uploading.closed, gateway.exitCode]).toEqual([false, false, undefined]);
  uploading.send("def");
  expect(values(expectServed(await uploading.settle()), "connection")).toEqual(["close"]);
  const slow = upstream.connections.find(({ bytes }) => bytes.includes("/slow"));
  slow?.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow");
  expectServed(await running.settle(), "slow");
  await eventually(() => gateway.exitCode !== undefined, "the process ends once nothing runs", 2_000);
  expect(gateway.exitCode).toBe(0);
  await gateway.stop();
});

test("must: TERM: for the delay whoever comes is served and told to close, while the gateway says it is not ready (Kubernetes rolling restart)", async () => {
  const gateway = await Gateway.start({ env: { GATEWAY_DRAIN_DELAY_MS: "800", GATEWAY_DRAIN_MS: "5000" } });
  const { prefix, socket, upstream } = gateway.slot();
  gateway.signal("SIGTERM");
  await eventually(() => gateway.log.some((line) => line.includes('"draining"')), "the drain");
  const start = Date.now();
  const ready = (await gateway.exchange(get("/_gateway/ready"))).answers[0] as Message;
  expect([statusOf(ready), JSON.parse(ready.body.toString()).status]).toEqual([503, "draining"]);
  for (let i = 0; i < 5; i++) {
    const answer = expectServed(await gateway.exchange(get(`${prefix}/new`)));
    expect(values(answer, "connection")).toEqual(["close"]);
  }
  upstream.answer = always(accepted());
  const tunnel = gateway.open().send(handshake(`${socket}/x`));
  await tunnel.until(() => tunnel.answers.length > 0);
  expect(statusOf(tunnel.answers[0] as Message)).toBe(101);
  expect(Date.now() - start).toBeLessThan(800);
  await pause(1_000);
  const late = gateway.open().send(get(`${prefix}/late`));
  await late.until(() => late.closed, 2_000);
  expect(late.bytes.length).toBe(0);
  expect(upstream.bytes.includes("/late")).toBe(false);
  tunnel.destroy();
  await gateway.stop();
});

test("must: TERM: connections that the kernel has accepted before the listener closes are served (listen(2) backlog)", async () => {
  const gateway = await Gateway.start({ env: { GATEWAY_DRAIN_DELAY_MS: "0", GATEWAY_DRAIN_MS: "5000" } });
  const { prefix } = gateway.slot();
  expectServed(await gateway.exchange(get(`${prefix}/warm`)));
  // While the process stands still, connections gather; the signal comes together with them.
  gateway.signal("SIGSTOP");
  const clients = Array.from({ length: 100 }, () => gateway.open());
  await eventually(() => clients.every(({ socket }) => !socket.connecting), "the connections");
  gateway.signal("SIGTERM");
  gateway.signal("SIGCONT");
  for (let refused = false; !refused; ) {
    const probe = gateway.open();
    refused = await probe.until(() => probe.closed, 50);
    probe.destroy();
  }
  // Their requests come after the listener is closed, and after idle connections were looked for.
  await pause(120);
  for (const client of clients) client.send(get(`${prefix}/queued`));
  const received = await Promise.all(clients.map((client) => client.settle()));
  const served = received.filter(
    ({ answers }) => answers.length === 1 && statusOf(answers[0] as Message) === 200,
  );
  expect(served).toHaveLength(100);
  for (const { answers } of served) expect(values(answers[0] as Message, "connection")).toEqual(["close"]);
  await eventually(() => gateway.exitCode === 0, "the process ends", 4_000);
  await gateway.stop();
});

test("must: TERM: a request that does not end is cut at the drain limit, exit 0 (Kubernetes grace period)", async () => {
  const gateway = await Gateway.start({ env: { GATEWAY_DRAIN_MS: "700" } });
  const { upstream, prefix } = gateway.slot();
  upstream.answer = () => {};
  const running = gateway.open().send(get(`${prefix}/slow`));
  await eventually(() => upstream.connections[0]?.answered === 1, "the request at the upstream");
  const start = Date.now();
  gateway.signal("SIGTERM");
  await eventually(() => gateway.exitCode !== undefined, "the process ends", 4_000);
  expect(Date.now() - start).toBeGreaterThan(500);
  expect(gateway.exitCode).toBe(0);
  await running.until(() => running.closed);
  // Told, not only hung up on.
  expect(running.answers.map((answer) => statusOf(answer))).toEqual([503]);
  await gateway.stop();
});

test("must: TERM: open tunnels end by the drain limit, and pass bytes until then (Kubernetes grace period)", async () => {
  const gateway = await Gateway.start({ env: { GATEWAY_DRAIN_MS: "1200" } });
  const { upstream, socket } = gateway.slot();
  upstream.answer = always(accepted());
  const client = gateway.open().send(handshake(`${socket}/x`));
  await client.until(() => client.answers.length > 0);
  gateway.signal("SIGTERM");
  await pause(200);
  const bytes = frame(1, Buffer.from("last words"));
  upstream.connections[0]?.socket.write(bytes);
  await client.until(() => client.bytes.includes("last words"), 700);
  expect(client.bytes.includes("last words")).toBe(true);
  await eventually(() => gateway.exitCode !== undefined, "the process ends", 4_000);
  expect(gateway.exitCode).toBe(0);
  await client.until(() => client.closed);
  await eventually(() => upstream.connections[0]?.ended === true, "the upstream connection closes");
  await gateway.stop();
});

test("must: a client that pipelines during the drain loses nothing it was promised (RFC 9112 9.6)", async () => {
  const gateway = await Gateway.start({ env: { GATEWAY_DRAIN_MS: "3000" } });
  const { upstream, prefix } = gateway.slot();
  upstream.answer = ({ socket }) =>
    void setTimeout(() => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), 200);
  const client = gateway.open().send(get(`${prefix}/1`));
  await eventually(() => upstream.connections[0]?.answered === 1, "the request at the upstream");
  gateway.signal("SIGTERM");
  await pause(50);
  client.send(get(`${prefix}/2`));
  await client.until(() => client.closed, 3_000);
  // An answer that said "close" is the last one: nothing after it was begun and lost.
  const answered = client.answers.length;
  expect(client.reading.error).toBeUndefined();
  expect(client.reading.rest.length).toBe(0);
  expect(answered).toBeGreaterThanOrEqual(1);
  if (answered === 1) expect(values(client.answers[0] as never, "connection")).toEqual(["close"]);
  await gateway.stop();
});
