import { expect, test } from "vitest";
import { type Client, eventually } from "../support/client.ts";
import { accepted, handshake } from "../support/frames.ts";
import { Gateway } from "../support/gateway.ts";
import { statusOf } from "../support/strict.ts";
import { get, head } from "../support/verdict.ts";

/**
 * Runs a case with two processes and a limit of connections per client. They ask the primary, so the refusal comes a
 * moment later, when what came with the connection has begun.
 */
async function limitedTo(limit: number, run: (gateway: Gateway) => Promise<void>): Promise<void> {
  const gateway = await Gateway.start({
    env: {
      GATEWAY_WORKERS: "2",
      GATEWAY_MAX_CONNECTIONS_PER_CLIENT: String(limit),
      // What is refused soon is not refused by this.
      GATEWAY_BODY_TIMEOUT_MS: "15000",
    },
  });
  try {
    await run(gateway);
  } finally {
    await gateway.stop();
  }
}

const open = (clients: readonly Client[]) => clients.filter(({ closed }) => !closed);

test("must: WebSockets beyond the limit of their client do not stay open", async () => {
  await limitedTo(2, async (gateway) => {
    const { upstream, socket } = gateway.slot();
    upstream.answer = ({ socket }) => {
      socket.write(accepted());
      socket.on("data", (bytes) => socket.write(bytes));
    };
    const clients = Array.from({ length: 10 }, () => gateway.open().send(handshake(`${socket}/x`)));
    await eventually(() => open(clients).length === 2, "eight are closed", 4_000);
    for (const client of open(clients)) {
      await client.until(() => client.answers.length > 0);
      client.send("ping");
    }
    await eventually(() => open(clients).every(({ text }) => text.endsWith("ping")), "two are served");
    for (const client of clients) client.destroy();
  });
});

test("must: event streams beyond the limit of their client do not go on", async () => {
  await limitedTo(2, async (gateway) => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
      const timer = setInterval(() => socket.write("data: x\n\n"), 30);
      socket.on("close", () => clearInterval(timer));
    };
    const clients = Array.from({ length: 12 }, () => gateway.open().send(get(`${prefix}/x`)));
    await eventually(() => open(clients).length === 2, "ten are closed", 4_000);
    const before = open(clients).map(({ bytes }) => bytes.length);
    await eventually(
      () => open(clients).every(({ bytes }, i) => bytes.length > (before[i] as number)),
      "two are served",
    );
    expect(open(clients)).toHaveLength(2);
    for (const client of clients) client.destroy();
  });
});

test("must: uploads beyond the limit of their client are refused at once, not when their time is over (RFC 9110 15.6.4)", async () => {
  await limitedTo(1, async (gateway) => {
    const { upstream, prefix } = gateway.slot();
    const clients = Array.from({ length: 12 }, () =>
      gateway.open().send(`${head("POST", `${prefix}/x`, "Content-Length: 100000")}abc`),
    );
    const refused = () => clients.filter(({ answers }) => answers.length > 0);
    await eventually(() => refused().length === 11, "eleven are answered", 5_000);
    expect(refused().map(({ answers }) => statusOf(answers[0] as never))).toEqual(Array(11).fill(503));
    // The one that has its place goes on.
    const [served] = clients.filter(({ answers }) => answers.length === 0);
    served?.send("x".repeat(99_997));
    await eventually(() => refused().length === 12, "it is answered");
    expect(statusOf(served?.answers[0] as never)).toBe(200);
    expect(upstream.complete).toHaveLength(1);
    for (const client of clients) client.destroy();
  });
});
