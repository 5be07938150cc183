import { describe, expect, test } from "vitest";
import { pause } from "../support/client.ts";
import { statusOf } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { get, head } from "../support/verdict.ts";

const gateway = suiteGateway({ slots: 6, env: { GATEWAY_HEADERS_TIMEOUT_MS: "400" } });

describe.concurrent("a head that lies behind requests under way", () => {
  test("must: is not too late for being read late: its client reads late itself (fuzz)", async () => {
    const { upstream, prefix } = gateway.slot();
    const size = 12_000_000;
    upstream.answer = ({ socket }, { startLine }) => {
      const body = startLine.includes("/big") ? Buffer.alloc(size, "x") : Buffer.from("ok");
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
      socket.write(body);
    };
    const client = gateway.open({ paused: true }).send(get(`${prefix}/big`));
    // Now it takes no more, so Node stops reading: with the next request, and with half a head behind it.
    await pause(400);
    const last = get(`${prefix}/last`);
    client.send(get(`${prefix}/next`) + last.slice(0, 20));
    await pause(50);
    client.send(last.slice(20));
    await pause(1_200);
    let text = "";
    let got = 0;
    client.socket.on("data", (chunk: Buffer) => {
      got += chunk.length;
      text = (text + chunk.toString("latin1")).slice(-4_000);
    });
    client.socket.resume();
    await client.until(() => got > size && (text.match(/HTTP\/1\.1 \d+/g) ?? []).length >= 2);
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 200"]);
    client.destroy();
  });

  test("must: a control: one behind nothing is too late (Slowloris)", async () => {
    const { prefix } = gateway.slot();
    const client = gateway.open().send(head("GET", `${prefix}/x`).slice(0, 20));
    await client.settle();
    expect(client.answers.map(statusOf)).toEqual([408]);
    client.destroy();
  });
});
