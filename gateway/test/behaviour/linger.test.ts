import { describe, expect, test } from "vitest";
import { type Client, eventually, pause } from "../support/client.ts";
import { accepted, handshake } from "../support/frames.ts";
import { Gateway } from "../support/gateway.ts";
import { Load } from "../support/load.ts";
import { statusOf } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { always } from "../support/upstream.ts";
import { get, head, post } from "../support/verdict.ts";

const linux = process.platform === "linux";
const env = {
  GATEWAY_LINGER_MS: "300",
  GATEWAY_LINGER_MAX_MS: "1500",
  GATEWAY_CLIENT_IDLE_MS: "60000",
  GATEWAY_MAX_HEADERS: "20",
  // Connections that thirty requests at once need at the upstream must not be taken for clients.
  GATEWAY_UPSTREAM_IDLE_MS: "300",
};

/** Clients that never close their side, whatever they are told. */
const stubborn = (gateway: Gateway, bytes: string, count: number): Client[] =>
  Array.from({ length: count }, () => gateway.open({ allowHalfOpen: true }).send(bytes));

/** Starts a gateway, counts its sockets once it is warm, and waits until no more than those are left. */
async function releases(bytes: string, loaded: boolean): Promise<void> {
  const gateway = await Gateway.start({
    env,
    route: { rate_limit: { per_client: { rate: 1_000_000, burst: 1_000_000 } }, max_body_bytes: 10 },
    routes: [
      {
        name: "limited",
        host: "127.0.0.1",
        port: 9,
        prefix: "/limited",
        strip_prefix: false,
        skip_prefix: [],
        websocket: true,
        rate_limit: { per_client: { rate: 0.001, burst: 1 } },
      },
    ],
  });
  const load = loaded
    ? new Load(gateway, `${(gateway.slots[0] as Gateway["slots"][0]).prefix}/load`)
    : undefined;
  try {
    const { prefix } = gateway.slot();
    await gateway.exchange(get(`${prefix}/warm`));
    await gateway.exchange(handshake("/limited/warm"));
    if (load !== undefined) await eventually(() => load.answered > 50, "the load");
    await pause(100);
    const before = gateway.openSockets();
    const clients = stubborn(gateway, bytes, 30);
    for (const client of clients) expect(await client.until(() => client.closed)).toBe(true);
    // The load's own connections to the upstream come and go.
    await eventually(() => gateway.openSockets() <= before + 4, "its sockets are released");
    for (const client of clients) {
      expect(client.text).toMatch(/^HTTP\/1\.1 \d\d\d /);
      client.destroy();
    }
  } finally {
    load?.stop();
    await gateway.stop();
  }
}

describe.runIf(linux)("a client that never closes its side (RFC 9112 9.6)", () => {
  const prefix = "/s0";
  test.each([
    ["Connection: close", get(`${prefix}/x`, "Connection: close")],
    ["HTTP/1.0", `GET ${prefix}/x HTTP/1.0\r\nHost: gw\r\n\r\n`],
    ["bytes that are no request", "no request\r\n\r\n"],
    ["a body that is too large", head("POST", `${prefix}/x`, "Content-Length: 100")],
    ["too many fields", get(`${prefix}/x`, ...Array.from({ length: 30 }, () => "a: b"))],
    ["a handshake over its rate", handshake("/limited/x")],
    ["a handshake for no route", handshake("/nowhere")],
    ["a handshake without Host", handshake("/w0/x").replace("Host: gw\r\n", "")],
    ["a handshake that the upstream answers 200", handshake("/w0/x")],
  ])("must: is let go after the linger: %s", async (_name, bytes) => {
    await releases(bytes, false);
  });

  test.each([
    ["Connection: close", get(`${prefix}/x`, "Connection: close")],
    ["bytes that are no request", "no request\r\n\r\n"],
    ["a handshake over its rate", handshake("/limited/x")],
  ])("must: is let go while other clients leave no quiet turn: %s", async (_name, bytes) => {
    await releases(bytes, true);
  });
});

describe.concurrent("the linger", () => {
  const gateway = suiteGateway({ slots: 10, env, route: { max_body_bytes: 1000 } });

  test("must: a client that goes on sending its body for a while reads the 413 (RFC 9112 9.6)", async () => {
    const { upstream, prefix } = gateway.slot();
    const client = gateway.open({ allowHalfOpen: true, paused: true });
    client.send(head("POST", `${prefix}/x`, "Content-Length: 4000000"));
    // Longer than the silence that ends it, for it is not silent.
    for (let sent = 0; sent < 4_000_000; sent += 500_000) {
      client.send(Buffer.alloc(500_000));
      await pause(100);
    }
    let text = "";
    client.socket.on("data", (chunk) => {
      text += String(chunk);
    });
    client.socket.resume();
    await client.until(() => client.closed);
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(upstream.bytes.length).toBe(0);
    client.destroy();
  });

  test("must: a client that never stops sending is cut off in the end", async () => {
    const { prefix } = gateway.slot();
    const client = gateway.open({ allowHalfOpen: true });
    let reset = false;
    client.socket.on("close", () => {
      reset = true;
    });
    client.send(head("POST", `${prefix}/x`, "Content-Length: 400000000"));
    const start = Date.now();
    while (!reset && Date.now() - start < 12_000) {
      client.send("x".repeat(100));
      await pause(50);
    }
    expect(client.text).toMatch(/^HTTP\/1\.1 413 /);
    expect(reset).toBe(true);
    expect(Date.now() - start).toBeGreaterThan(1_000);
    client.destroy();
  });

  test("must: nothing that is sent after the last answer is handled (RFC 9112 9.6)", async () => {
    const { upstream, prefix } = gateway.slot();
    const client = gateway.open({ allowHalfOpen: true });
    client.send(get(`${prefix}/1`, "Connection: close"));
    await client.until(() => client.closed);
    client.send(get(`${prefix}/2`));
    client.send(post(`${prefix}/3`, "abc", "Content-Length: 3"));
    await pause(200);
    expect(client.answers.map(statusOf)).toEqual([200]);
    expect(upstream.requests).toHaveLength(1);
    client.destroy();
  });

  test("must: a client's end ends it at once", async () => {
    const patient = await Gateway.start({
      env: { GATEWAY_LINGER_MS: "60000", GATEWAY_LINGER_MAX_MS: "60000", GATEWAY_UPSTREAM_IDLE_MS: "300" },
    });
    const { prefix } = patient.slot();
    await patient.exchange(get(`${prefix}/warm`));
    await pause(100);
    const before = patient.openSockets();
    const clients = stubborn(patient, get(`${prefix}/x`, "Connection: close"), 10);
    for (const client of clients) {
      await client.until(() => client.closed);
      client.socket.end();
    }
    await eventually(() => patient.openSockets() <= before + 1, "its sockets are released");
    await patient.stop();
  });

  test("must: an accepted handshake is no answer to linger after (RFC 6455 4.2.2)", async () => {
    const { upstream, socket } = gateway.slot();
    upstream.answer = always(accepted());
    const client = gateway.open().send(handshake(`${socket}/x`));
    await client.until(() => client.answers.length > 0);
    await pause(1_800);
    upstream.connections[0]?.socket.write("still here");
    expect(await client.until(() => client.text.includes("still here"))).toBe(true);
    client.destroy();
  });
});
