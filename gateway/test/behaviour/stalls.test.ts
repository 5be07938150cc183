import { describe, expect, test } from "vitest";
import { pause } from "../support/client.ts";
import { statusOf } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { get } from "../support/verdict.ts";

const idle = 700;
const gateway = suiteGateway({ slots: 4, env: { GATEWAY_TUNNEL_IDLE_MS: String(idle) } });
const head = (...fields: string[]) => ["HTTP/1.1 200 OK", ...fields, "", ""].join("\r\n");

describe.concurrent("a service that falls silent in the middle of its answer", () => {
  test.each([
    ["length", head("Content-Length: 9"), "abc"],
    ["chunks", head("Transfer-Encoding: chunked"), "3\r\nabc\r\n"],
  ])(
    "must: its answer is cut after a while (%s), and does not look whole (RFC 9112 8)",
    async (_name, start, part) => {
      const { upstream, prefix } = gateway.slot();
      upstream.answer = ({ socket }) => void socket.write(start + part);
      const begin = Date.now();
      const client = gateway.open().send(get(`${prefix}/x`));
      expect(await client.until(() => client.closed)).toBe(true);
      expect(Date.now() - begin).toBeGreaterThanOrEqual(idle - 50);
      expect(Date.now() - begin).toBeLessThan(5_000);
      expect(client.text).toContain("abc");
      expect(client.reading.messages).toHaveLength(0);
      const [line] = await gateway.requestLines(`${prefix}/x`);
      expect([line?.outcome, line?.close]).toEqual(["cut", "timeout"]);
    },
  );

  test("must: one that goes on, slowly, is not", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }) => {
      socket.write(head("Content-Length: 5"));
      for (let i = 0; i < 5; i++) setTimeout(() => socket.write("x"), (i + 1) * (idle / 2));
    };
    const { answers } = await gateway.exchange(get(`${prefix}/x`));
    expect(answers.map(({ body }) => body.toString())).toEqual(["xxxxx"]);
  });

  test("must: nor is a stream of events, whose silence is no failure (HTML, server-sent events)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }) =>
      void socket.write(
        `${head("Content-Type: text/event-stream", "Transfer-Encoding: chunked")}3\r\n:a\n\r\n`,
      );
    const client = gateway.open().send(get(`${prefix}/x`));
    await client.until(() => client.text.includes(":a"));
    await pause(idle * 2.5);
    expect(client.closed).toBe(false);
    upstream.connections[0]?.socket.write("3\r\n:b\n\r\n0\r\n\r\n");
    const { answers } = await client.settle();
    expect(answers.map(statusOf)).toEqual([200]);
    client.destroy();
  });
});
