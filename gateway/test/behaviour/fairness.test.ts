import { connect } from "node:net";
import { expect, test } from "vitest";
import { eventually } from "../support/client.ts";
import { suiteGateway } from "../support/suite.ts";
import { get, head } from "../support/verdict.ts";

const gateway = suiteGateway({ slots: 1, env: { GATEWAY_ACCESS_LOG: "off" } });

test("must: who pipelines 20,000 requests does not hold up a client that asks one after the other", async () => {
  const count = 20_000;
  const flood = connect(gateway.port, "127.0.0.1");
  let answered = 0;
  let rest = "";
  const over = new Promise<void>((resolve) => {
    flood.on("data", (chunk: Buffer) => {
      const text = rest + chunk.toString("latin1");
      const parts = text.split("HTTP/1.1 404");
      answered += parts.length - 1;
      rest = text.slice(-11);
      if (answered >= count) resolve();
    });
  });
  flood.write(get("/nowhere").repeat(count));
  const client = connect(gateway.port, "127.0.0.1");
  let asked = 0;
  client.on("data", () => {
    asked++;
    if (answered < count) client.write(get("/nowhere"));
  });
  client.write(get("/nowhere"));
  await over;
  expect(asked).toBeGreaterThan(100);
  flood.destroy();
  client.destroy();
}, 30_000);

test("must: who uploads chunks of one byte does not hold up a client that asks one after the other", async () => {
  const { upstream, prefix } = gateway.slot();
  const chunks = 300_000;
  const flood = connect(gateway.port, "127.0.0.1");
  let over = false;
  flood.on("data", () => {
    over = true;
  });
  flood.write(head("POST", `${prefix}/x`, "Transfer-Encoding: chunked"));
  await eventually(() => upstream.connections.length > 0, "the upload at its upstream");
  const client = connect(gateway.port, "127.0.0.1");
  let asked = 0;
  client.on("data", () => {
    asked++;
    if (!over) client.write(get("/nowhere"));
  });
  client.write(get("/nowhere"));
  flood.write(`${"1\r\nx\r\n".repeat(chunks)}0\r\n\r\n`);
  await eventually(() => over, "the answer", 20_000);
  expect(asked).toBeGreaterThan(100);
  expect(upstream.connections[0]?.bytes.length).toBeGreaterThan(chunks);
  flood.destroy();
  client.destroy();
}, 30_000);
